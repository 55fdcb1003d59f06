import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { ApiFault, codeOf } from '@/api/errors';
import { ApproveOrdersDocument } from '@/api/generated/graphql';
import { useNow } from '@/shared/time/useNow';
import { ConfirmButton } from '@/shared/ui/ConfirmButton';
import { MoveMoney } from './MoveMoney';
import { ownersActions } from './ownersActions';
import { RejectOrder } from './RejectOrder';
import { ShipOrder } from './ShipOrder';
import type { WholeOrder } from './ShopOrderPage';

/** What the owner can do with an order as it stands. */
export function OwnersActions({ order }: { order: WholeOrder }) {
  const possible = ownersActions(order, useNow(10_000));
  if (possible.size === 0) return null;
  const due = Boolean(order.payment?.refundDue);
  return (
    <div className="flex flex-wrap gap-3">
      {possible.has('approve') && <Approve order={order.id} />}
      {possible.has('ship') && <ShipOrder order={order.id} />}
      {possible.has('release') && <MoveMoney order={order.id} movement="release" look="primary" />}
      {possible.has('reject') && <RejectOrder order={order.id} paid={order.status === 'PAID'} />}
      {possible.has('refund') && <MoveMoney order={order.id} movement="refund" look={due ? 'primary' : 'secondary'} />}
    </div>
  );
}

function Approve({ order }: { order: string }) {
  const { t } = useTranslation('owner');
  const [, approve] = useMutation(ApproveOrdersDocument);
  return (
    <ConfirmButton
      label={t('approve.title')}
      about={t('approve.about')}
      confirm={t('approve.confirm')}
      act={async (idempotencyKey) => {
        const { data, error } = await approve({ input: { orders: [{ idempotencyKey, order }] } });
        if (error) throw new ApiFault(codeOf(error));
        const refused = data?.approveOrders.results[0]?.userErrors[0];
        if (refused) throw new ApiFault(refused.code);
      }}
    />
  );
}
