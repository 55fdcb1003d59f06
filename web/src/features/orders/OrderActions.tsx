import { useTranslation } from 'react-i18next';
import type { OrderPageFragment } from '@/api/generated/graphql';
import { MoneyAction } from '@/features/payment/MoneyAction';
import { useNow } from '@/shared/time/useNow';
import { CancelOrder } from './CancelOrder';
import { ConfirmDelivery } from './ConfirmDelivery';
import { possibleActions } from './possibleActions';

/** What the buyer can do with an order as it stands. */
export function OrderActions({ order }: { order: OrderPageFragment }) {
  const { t } = useTranslation();
  const possible = possibleActions(order, useNow(10_000));
  if (possible.size === 0) return null;
  return (
    <div className="flex flex-wrap gap-3">
      {possible.has('confirmDelivery') && <ConfirmDelivery order={order.id} />}
      {possible.has('release') && (
        <MoneyAction order={order.id} movement="release" look="primary">
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
