import { useTranslation } from 'react-i18next';
import type { GasQuoteFragment } from '@/api/generated/graphql';
import { formatEstimate } from '@/shared/money/format';
import { baseUnits } from '@/shared/money/units';
import { useTokens } from '@/shared/money/useTokens';
import { Notice } from '@/shared/ui/Notice';
import { Skeleton } from '@/shared/ui/Skeleton';
import type { Quote } from './useQuote';

interface GasEstimateProps {
  chainId: string;
  gas: GasQuoteFragment | null | undefined;
  quote: Quote;
}

/** What the network will take besides: about, and at the most. */
export function GasEstimate({ chainId, gas, quote }: GasEstimateProps) {
  const { t, i18n } = useTranslation();
  const coin = useTokens().coin(chainId);
  if (quote.fault !== null) return null;
  if (!quote.instructions || !coin) return <Skeleton className="h-5 w-64" />;
  if (!gas) {
    const reason = quote.instructions.gasUnavailable?.reason ?? 'NODE_UNREACHABLE';
    if (reason === 'WOULD_FAIL') return <Notice tone="warn">{t('payment.gas.WOULD_FAIL')}</Notice>;
    return <p className="text-sm text-ink-soft">{t(`payment.gas.${reason}`)}</p>;
  }
  const amount = (wei: string) => formatEstimate(baseUnits(wei), coin, i18n.language);
  return (
    <p className="text-sm text-ink-soft">
      {t('payment.gas.estimate', { expected: amount(gas.expectedCost), maximum: amount(gas.maximumCost) })}
    </p>
  );
}
