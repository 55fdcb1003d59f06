import { useTranslation } from 'react-i18next';
import { formatEstimate } from '@/shared/money/format';
import { baseUnits } from '@/shared/money/units';
import { useTokens } from '@/shared/money/useTokens';
import { Notice } from '@/shared/ui/Notice';
import { Skeleton } from '@/shared/ui/Skeleton';
import type { Quote } from './useQuote';
import type { Way } from './way';

interface GasEstimateProps {
  chainId: string;
  quote: Quote;
  /** Null until it is known. */
  way: Way | null;
}

/** What the network will take besides, for what is sent next: about, and at the most. */
export function GasEstimate({ chainId, quote, way }: GasEstimateProps) {
  const { t, i18n } = useTranslation();
  const coin = useTokens().coin(chainId);
  const { instructions, fault } = quote;
  if (fault !== null) return null;
  if (!instructions || !coin || way === null) return <Skeleton className="h-5 w-64" />;
  if (way === 'together' || way === 'permit') return <Note>{t('payment.gas.byWallet')}</Note>;
  const gas = way === 'approve' ? instructions.approval?.gas : instructions.gas;
  if (!gas) {
    const reason = instructions.gasUnavailable?.reason ?? 'NODE_UNREACHABLE';
    if (reason === 'WOULD_FAIL') return <Notice tone="warn">{t('payment.gas.WOULD_FAIL')}</Notice>;
    return <Note>{t(`payment.gas.${reason}`)}</Note>;
  }
  const amount = (wei: string) => formatEstimate(baseUnits(wei), coin, i18n.language);
  return (
    <Note>{t('payment.gas.estimate', { expected: amount(gas.expectedCost), maximum: amount(gas.maximumCost) })}</Note>
  );
}

function Note({ children }: { children: string }) {
  return <p className="text-sm text-ink-soft">{children}</p>;
}
