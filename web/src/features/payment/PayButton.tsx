import { useTranslation } from 'react-i18next';
import type { PaymentInstructionsFragment, PaymentStateFragment } from '@/api/generated/graphql';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import type { Way } from './way';

interface PayButtonProps {
  payment: PaymentStateFragment;
  instructions: PaymentInstructionsFragment | null;
  /** Null until it is known. */
  way: Way | null;
  busy: boolean;
  onGo: (way: Way) => void;
}

/** The next step of a payment. */
export function PayButton({ payment, instructions, way, busy, onGo }: PayButtonProps) {
  const { t } = useTranslation();
  const approval = way === 'approve' ? instructions?.approval : null;
  return (
    <>
      <Button className="w-full" busy={busy} disabled={busy || way === null} onClick={() => way !== null && onGo(way)}>
        {!approval && t('payment.pay')}
        {approval?.amount === '0' && t('payment.takeBackApproval')}
        {approval && approval.amount !== '0' && (
          <>
            {t('payment.approve')} <Amount price={{ ...payment.price, amount: approval.amount }} />
          </>
        )}
      </Button>
      {way !== null && way !== 'pay' && (
        <p className="text-sm leading-relaxed text-ink-soft">
          {t(approval?.amount === '0' ? 'payment.why.takeBack' : `payment.why.${way}`)}
        </p>
      )}
    </>
  );
}
