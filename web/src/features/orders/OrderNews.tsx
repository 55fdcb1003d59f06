import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { paths } from '@/app/paths';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import { DisputeNews } from './DisputeNews';
import type { FullOrder } from './OrderDetails';
import { OrderAgain } from './OrderAgain';
import type { Part } from './possibleActions';

/** What the state of an order means for its customer, and what to do. */
export function OrderNews({ order, part }: { order: FullOrder; part: Part | null }) {
  const { t } = useTranslation();
  const { status, payment, tracking, rejectionReason } = order;
  const price = (amount: string) => payment && <Amount price={{ ...payment.price, amount }} />;
  if (payment?.status === 'DISPUTED') return <DisputeNews payment={payment} buyer={order.buyer} part={part} />;
  if (payment?.refundDue) {
    return (
      <Notice tone="warn">
        {rejectionReason && <p>{t('order.about.rejectedBecause', { reason: rejectionReason })}</p>}
        {t('order.about.REFUND_DUE')} {price(payment.refundDue)}
      </Notice>
    );
  }
  switch (status) {
    case 'EXPIRED':
      return (
        <Notice tone="warn" action={<OrderAgain order={order} />}>
          {t('order.about.EXPIRED')}
        </Notice>
      );
    case 'CANCELLED':
    case 'REJECTED':
    case 'REFUNDED':
      return (
        <Notice tone="info" action={payment && payment.refunded !== '0' ? <ToBalance /> : <OrderAgain order={order} />}>
          {rejectionReason && <p>{t('order.about.rejectedBecause', { reason: rejectionReason })}</p>}
          {t(payment && payment.refunded !== '0' ? 'order.about.REFUNDED' : `order.about.${status}`)}
        </Notice>
      );
    case 'SHIPPED':
      return (
        <Notice tone="info">
          <p>{t('order.about.SHIPPED')}</p>
          {tracking && (
            <p className="mt-1 font-semibold">
              {tracking.carrier} {tracking.number}
            </p>
          )}
        </Notice>
      );
    case 'DELIVERED':
    case 'COMPLETED':
      return <Notice tone="good">{t(`order.about.${status}`)}</Notice>;
    case 'AWAITING_PAYMENT': {
      const seen = payment?.status === 'DETECTED';
      return <Notice tone="info">{t(seen ? 'order.about.PAYMENT_SEEN' : 'order.about.AWAITING_PAYMENT')}</Notice>;
    }
    case 'PAID':
    case 'APPROVED':
      return <Notice tone="info">{t(`order.about.${status}`)}</Notice>;
  }
}

function ToBalance() {
  const { t } = useTranslation();
  return (
    <Button asChild look="secondary" size="small">
      <Link href={paths.balance}>{t('balance.title')}</Link>
    </Button>
  );
}
