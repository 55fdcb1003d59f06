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

/** Where an order stands; a dispute about its money is what matters most. */
export function StatusBadge({ status, disputed = false }: { status: OrderStatus; disputed?: boolean }) {
  const { t } = useTranslation();
  return (
    <span
      className={clsx(
        'rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap',
        disputed ? LOOKS.REJECTED : LOOKS[status],
      )}
    >
      {t(disputed ? 'dispute.badge' : `order.status.${status}`)}
    </span>
  );
}
