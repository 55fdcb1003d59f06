import { useTranslation } from 'react-i18next';
import { Amount } from '@/shared/money/Amount';
import { Notice } from '@/shared/ui/Notice';
import type { WholeOrder } from './ShopOrderPage';

/** What the state of an order means for its owner, and what is to be done. */
export function OwnersNews({ order }: { order: WholeOrder }) {
  const { t } = useTranslation('owner');
  const { payment, status, tracking, rejectionReason } = order;
  if (payment?.status === 'DISPUTED') return <Notice tone="warn">{t('about.DISPUTED')}</Notice>;
  if (payment?.refundDue) {
    return (
      <Notice tone="warn">
        {rejectionReason && <p className="mb-1">“{rejectionReason}”</p>}
        {t('about.REFUND_DUE')} <Amount price={{ ...payment.price, amount: payment.refundDue }} />
      </Notice>
    );
  }
  const tone = status === 'DELIVERED' || status === 'COMPLETED' ? 'good' : 'info';
  return (
    <Notice tone={tone}>
      <p>{t(`about.${status}`)}</p>
      {rejectionReason && <p className="mt-1">“{rejectionReason}”</p>}
      {tracking && (
        <p className="mt-1 font-semibold">
          {tracking.carrier} {tracking.number}
        </p>
      )}
    </Notice>
  );
}
