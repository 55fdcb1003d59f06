import { useTranslation } from 'react-i18next';
import type { PriceFragment } from '@/api/generated/graphql';
import { Skeleton } from '@/shared/ui/Skeleton';
import { formatAmount, formatEstimate } from './format';
import { baseUnits } from './units';
import { useTokens } from './useTokens';

interface AmountProps {
  price: PriceFragment;
  /** Where the token is, when it is known. */
  chainId?: string;
  /** Pieces of it. */
  times?: number;
  /** Rounded up: say beside it that it is an estimate. */
  estimate?: boolean;
}

/** An amount with its token's symbol: exact, in the form of the page's language. */
export function Amount({ price, chainId, times = 1, estimate = false }: AmountProps) {
  const { i18n, t } = useTranslation();
  const tokens = useTokens();
  const token = tokens.of(price, chainId);
  const amount = baseUnits(price.amount) * BigInt(times);
  if (token === null) {
    return tokens.loading ? (
      <Skeleton className="inline-block h-[1em] w-20" />
    ) : (
      <>{t('money.unknownToken', { amount: amount.toString() })}</>
    );
  }
  const format = estimate ? formatEstimate : formatAmount;
  return <span className="tabular-nums">{format(amount, token, i18n.language)}</span>;
}
