import { ArrowLeft, PackageX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery, useSubscription } from 'urql';
import { Link } from 'wouter';
import { OrderUpdatesDocument, ShopOrderDocument, type ShopOrderQuery } from '@/api/generated/graphql';
import { Delivery } from '@/features/delivery/Delivery';
import { OrderLines } from '@/features/orders/OrderLines';
import { StatusBadge } from '@/features/orders/StatusBadge';
import { Timeline } from '@/features/orders/Timeline';
import { DateTime } from '@/shared/time/DateTime';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import { OwnersActions } from './OwnersActions';
import { OwnersNews } from './OwnersNews';
import { PaymentFacts } from './PaymentFacts';

export type WholeOrder = NonNullable<ShopOrderQuery['order']>;

/** One order as its owner works on it, live. */
export function ShopOrderPage({ id }: { id: string }) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [{ data, fetching, error }] = useQuery({ query: ShopOrderDocument, variables: { id } });
  const order = data?.order;
  return (
    <>
      <Link
        href={ownerPaths.orders(shop.id)}
        className="mb-3 inline-flex min-h-9 items-center gap-1.5 text-sm font-medium text-ink-soft hover:text-ink"
      >
        <ArrowLeft aria-hidden className="size-4" /> {t('tab.orders')}
      </Link>
      {order ? (
        <>
          <Follow order={id} after={order.cursor} />
          <Whole order={order} />
        </>
      ) : fetching ? (
        <Skeleton className="h-96 rounded-2xl" />
      ) : error ? (
        <QueryFault error={error} />
      ) : (
        <EmptyState icon={PackageX} title={t('order.notFound.title')} text={t('order.notFound.text')} />
      )}
    </>
  );
}

function Whole({ order }: { order: WholeOrder }) {
  const { t } = useTranslation('owner');
  return (
    <div className="grid gap-8 lg:grid-cols-[1fr_20rem]">
      <div className="min-w-0 space-y-5">
        <div>
          <PageTitle beside={<StatusBadge status={order.status} />}>
            {t('order.title', { number: order.number })}
          </PageTitle>
          <p className="-mt-4 text-sm text-ink-soft">
            <DateTime at={order.placedAt} />
          </p>
        </div>
        <OwnersNews order={order} />
        <OwnersActions order={order} />
        <Delivery delivery={order.delivery} />
        <OrderLines order={order} paying={false} />
        <PaymentFacts order={order} />
      </div>
      <Timeline order={order} />
    </div>
  );
}

/** Follows the order from where the first answer ends. */
function Follow({ order, after }: { order: string; after: string }) {
  const [first] = useState(after);
  useSubscription({ query: OrderUpdatesDocument, variables: { order, after: first } });
  return null;
}
