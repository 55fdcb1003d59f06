import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ShopOrderFragment } from '@/api/generated/graphql';
import { StatusBadge } from '@/features/orders/StatusBadge';
import { Amount } from '@/shared/money/Amount';
import { DateTime } from '@/shared/time/DateTime';
import { ShortHash } from '@/shared/ui/ShortHash';
import { useLocalized } from '@/shared/useLocalized';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';

interface ShopOrderRowProps {
  order: ShopOrderFragment;
  marked?: boolean;
  /** For those that can be marked. */
  onMark?: (marked: boolean) => void;
}

export function ShopOrderRow({ order, marked = false, onMark }: ShopOrderRowProps) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const localized = useLocalized();
  return (
    <article className="relative flex items-start gap-3 rounded-2xl border border-line bg-raised p-4 hover:border-line-strong/60 has-checked:border-accent">
      {onMark && (
        <label className="relative z-10 -m-2 grid size-11 shrink-0 cursor-pointer place-items-center">
          <span className="sr-only">{t('orders.mark', { number: order.number })}</span>
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={marked}
            onChange={(event) => onMark(event.target.checked)}
          />
        </label>
      )}
      <div className="min-w-0 grow">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
          <h2 className="font-mono text-[0.95rem] font-semibold">
            <Link href={ownerPaths.order(shop.id, order.id)} className="after:absolute after:inset-0">
              #{order.number}
            </Link>
          </h2>
          <span className="font-semibold">
            <Amount price={order.total} />
          </span>
        </div>
        <p className="mt-1 text-sm leading-relaxed">
          {order.lines.map((line) => `${localized(line.name)} × ${line.quantity}`).join(', ')}
        </p>
        <div className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-soft">
          <StatusBadge status={order.status} />
          {order.payment?.status === 'DISPUTED' && <Mark>{t('orders.disputed')}</Mark>}
          {order.payment?.refundDue && <Mark>{t('orders.refundDue')}</Mark>}
          <span>
            <ShortHash value={order.buyer} />
          </span>
          <DateTime at={order.placedAt} />
        </div>
      </div>
    </article>
  );
}

function Mark({ children }: { children: string }) {
  return (
    <span className="rounded-full bg-warn-soft px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap text-warn">
      {children}
    </span>
  );
}
