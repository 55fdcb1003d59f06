import { useTranslation } from 'react-i18next';
import { Skeleton } from '@/shared/ui/Skeleton';
import { Amount } from './Amount';
import { useTokens } from './useTokens';

interface TokenAmountProps {
  chainId: string;
  /** Its contract; the zero address is the chain's own coin. */
  token: string;
  amount: string;
}

/** An amount of a token that the API names by its address alone. */
export function TokenAmount({ chainId, token, amount }: TokenAmountProps) {
  const { t } = useTranslation();
  const tokens = useTokens();
  const found = tokens.of(chainId, token);
  if (found) return <Amount price={{ currency: found.symbol, fiat: null, decimals: found.decimals, amount }} />;
  if (tokens.loading) return <Skeleton className="inline-block h-[1em] w-20" />;
  return <>{t('money.unknownToken', { amount })}</>;
}
