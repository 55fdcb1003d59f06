import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import type { OrderStatus } from '@/api/generated/graphql';

const LOOKS: Record<OrderStatus, string> = {
  AWAITING_PAYMENT: 'bg-warn-soft text-warn',
  PAID: 'bg-accent-soft text-accent',
  APPROVED: 'bg-accent-soft text-accent',
  SHIPPED: 'bg-accent-soft text-accent',
  DELIVERED: 'bg-good-soft text-good',
  COMPLETED: 'bg-good-soft text-good',
  CANCELLED: 'bg-sunken text-ink-soft',
  REJECTED: 'bg-bad-soft text-bad',
  EXPIRED: 'bg-sunken text-ink-soft',
  REFUNDED: 'bg-sunken text-ink-soft',
};

export function StatusBadge({ status }: { status: OrderStatus }) {
  const { t } = useTranslation();
  return (
    <span className={clsx('rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap', LOOKS[status])}>
      {t(`order.status.${status}`)}
    </span>
  );
}
