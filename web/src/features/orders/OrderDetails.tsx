import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderQuery } from '@/api/generated/graphql';
import { Delivery } from '@/features/delivery/Delivery';
import { PaymentPanel } from '@/features/payment/PaymentPanel';
import { PaymentProgress } from '@/features/payment/PaymentProgress';
import { useSession } from '@/features/session/SessionContext';
import { bringWords } from '@/i18n/i18n';
import { DateTime } from '@/shared/time/DateTime';
import { PageTitle } from '@/shared/ui/PageTitle';
import { useLocalized } from '@/shared/useLocalized';
import { OrderActions } from './OrderActions';
import { OrderLines } from './OrderLines';
import { OrderNews } from './OrderNews';
import { partIn } from './possibleActions';
import { StatusBadge } from './StatusBadge';
import { Timeline } from './Timeline';

/** With words of its own: who opens an order looks for other things first. */
const OrderRecord = lazy(async () => {
  const [part] = await Promise.all([import('@/features/history/OrderRecord'), bringWords('history')]);
  return { default: part.OrderRecord };
});

export type FullOrder = NonNullable<OrderQuery['order']>;

/** Everything of an order: where it stands, what can be done, what was ordered, and what happened. */
export function OrderDetails({ order }: { order: FullOrder }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const { viewer } = useSession();
  const part = partIn(order, viewer?.address);
  const { payment } = order;
  const toPay = part === 'buyer' && order.status === 'AWAITING_PAYMENT' && payment;
  return (
    <div className="grid gap-8 lg:grid-cols-[1fr_20rem]">
      <div className="min-w-0 space-y-5">
        <div>
          <PageTitle beside={<StatusBadge status={order.status} disputed={payment?.status === 'DISPUTED'} />}>
            {t('order.title', { shop: localized(order.shop.name) })}
          </PageTitle>
          <p className="-mt-4 text-sm text-ink-soft">
            <DateTime at={order.placedAt} />
          </p>
        </div>
        <OrderNews order={order} part={part} />
        {toPay ? (
          <PaymentPanel order={order} payment={toPay} />
        ) : (
          payment?.status === 'CONFIRMED' &&
          order.status === 'PAID' && <PaymentProgress order={order.id} payment={payment} />
        )}
        <OrderActions order={order} part={part} />
        <OrderLines order={order} paying={Boolean(toPay)} />
        <Delivery delivery={order.delivery} />
      </div>
      <div className="space-y-5">
        <Timeline order={order} />
        <Suspense fallback={null}>
          <OrderRecord order={order.id} />
        </Suspense>
      </div>
    </div>
  );
}
