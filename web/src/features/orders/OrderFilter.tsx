import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import type { OrderStatus } from '@/api/generated/graphql';

/** What customers look for, and the states that it means. */
export const FILTERS = {
  all: [],
  unpaid: ['AWAITING_PAYMENT'],
  underWay: ['PAID', 'APPROVED', 'SHIPPED'],
  done: ['DELIVERED', 'COMPLETED'],
  off: ['CANCELLED', 'REJECTED', 'EXPIRED', 'REFUNDED'],
} satisfies Record<string, OrderStatus[]>;

export type Filter = keyof typeof FILTERS;

export function OrderFilter({ value, onChange }: { value: Filter; onChange: (value: Filter) => void }) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={t('orders.filter.label')} className="mb-6 flex flex-wrap gap-2">
      {(Object.keys(FILTERS) as Filter[]).map((filter) => (
        <button
          key={filter}
          type="button"
          aria-pressed={filter === value}
          onClick={() => onChange(filter)}
          className={clsx(
            'min-h-9 rounded-full border px-4 text-sm font-medium',
            filter === value
              ? 'border-accent bg-accent-soft text-accent'
              : 'border-line bg-raised text-ink-soft hover:text-ink',
          )}
        >
          {t(`orders.filter.${filter}`)}
        </button>
      ))}
    </div>
  );
}
