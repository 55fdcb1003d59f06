import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OrderSummaryFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { Amount } from '@/shared/money/Amount';
import { DateTime } from '@/shared/time/DateTime';
import { useLocalized } from '@/shared/useLocalized';
import { StatusBadge } from './StatusBadge';

/** An order in a list; `note` is what the list has to say of it besides. */
export function OrderRow({ order, note }: { order: OrderSummaryFragment; note?: ReactNode }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const [first] = order.lines;
  const more = order.lines.length - 1;
  return (
    <article className="relative flex items-center gap-4 rounded-2xl border border-line bg-raised p-4 hover:border-line-strong/60">
      {first && (
        <ProductPicture
          id={first.productId}
          image={first.product?.image ?? null}
          size="small"
          className="size-16 shrink-0 rounded-xl"
        />
      )}
      <div className="min-w-0 grow">
        <p className="text-xs text-ink-soft">
          {localized(order.shop.name)} · <DateTime at={order.placedAt} />
        </p>
        <h2 className="mt-0.5 leading-snug font-semibold">
          <Link href={paths.order(order.id)} className="after:absolute after:inset-0">
            {first ? localized(first.name) : ''}
            {more > 0 && ` ${t('orders.andMore', { count: more })}`}
          </Link>
        </h2>
        <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1">
          <StatusBadge status={order.status} />
          <span className="text-sm font-semibold">
            <Amount price={order.total} />
          </span>
        </div>
        {note !== undefined && <p className="mt-1.5 text-sm text-ink-soft">{note}</p>}
      </div>
    </article>
  );
}
