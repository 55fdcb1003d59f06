import { useTranslation } from 'react-i18next';
import type { OrderPageFragment, PaymentStateFragment } from '@/api/generated/graphql';
import { MoneyAction } from '@/features/payment/MoneyAction';
import { useNow } from '@/shared/time/useNow';
import { CancelOrder } from './CancelOrder';
import { ConfirmDelivery } from './ConfirmDelivery';
import { type Part, possibleActions } from './possibleActions';

/** What someone can do with an order as it stands. */
export function OrderActions({ order, part }: { order: OrderPageFragment; part: Part | null }) {
  const { t } = useTranslation();
  const possible = possibleActions(order, part, useNow(10_000));
  if (possible.size === 0) return null;
  if (part === 'arbiter') return order.payment && <Decision order={order.id} payment={order.payment} />;
  const disputed = order.payment?.status === 'DISPUTED';
  return (
    <div className="flex flex-wrap gap-3">
      {possible.has('confirmDelivery') && <ConfirmDelivery order={order.id} />}
      {possible.has('release') && (
        // In a dispute it means to give in.
        <MoneyAction order={order.id} movement="release" look={disputed ? 'secondary' : 'primary'}>
          {t('money.release.title')}
        </MoneyAction>
      )}
      {possible.has('refund') && (
        <MoneyAction order={order.id} movement="refund" look="primary">
          {t('money.refund.title')}
        </MoneyAction>
      )}
      {possible.has('dispute') && (
        <MoneyAction order={order.id} movement="dispute">
          {t('money.dispute.title')}
        </MoneyAction>
      )}
      {possible.has('cancel') && <CancelOrder order={order.id} paid={order.status === 'PAID'} />}
    </div>
  );
}

/** The arbiter gives the money, or a part of it, to one side or the other. */
function Decision({ order, payment }: { order: string; payment: PaymentStateFragment }) {
  const { t } = useTranslation();
  const held = { ...payment.price, amount: payment.held };
  return (
    <div className="flex flex-wrap gap-3">
      <MoneyAction order={order} movement="refund" words="decideForBuyer" held={held} look="primary">
        {t('money.decideForBuyer.title')}
      </MoneyAction>
      <MoneyAction order={order} movement="release" words="decideForSeller" held={held} look="primary">
        {t('money.decideForSeller.title')}
      </MoneyAction>
    </div>
  );
}
