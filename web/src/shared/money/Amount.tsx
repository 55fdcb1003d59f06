import { useTranslation } from 'react-i18next';
import type { PriceFragment } from '@/api/generated/graphql';
import { formatAmount } from './format';
import { baseUnits } from './units';

interface AmountProps {
  price: Pick<PriceFragment, 'currency' | 'fiat' | 'decimals' | 'amount'>;
  /** Pieces of it. */
  times?: number;
}

/** An amount with its currency: exact, in the form of the page's language. */
export function Amount({ price: { currency, fiat, decimals, amount: each }, times = 1 }: AmountProps) {
  const { i18n, t } = useTranslation();
  const amount = baseUnits(each) * BigInt(times);
  // The server knows no token's decimals that it takes no longer.
  if (decimals === null) return <>{t('money.unknownToken', { amount: amount.toString() })}</>;
  const shown = formatAmount(amount, { symbol: currency, decimals, fiat: fiat !== null }, i18n.language);
  return <span className="tabular-nums">{shown}</span>;
}
