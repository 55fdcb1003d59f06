import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { CancelOrderDocument } from '@/api/generated/graphql';
import { ConfirmButton } from '@/shared/ui/ConfirmButton';

export function CancelOrder({ order, paid }: { order: string; paid: boolean }) {
  const { t } = useTranslation();
  const [, cancel] = useMutation(CancelOrderDocument);
  return (
    <ConfirmButton
      look="danger"
      label={t('order.cancel.title')}
      about={t(paid ? 'order.cancel.aboutPaid' : 'order.cancel.about')}
      confirm={t('order.cancel.confirm')}
      act={async (idempotencyKey) => {
        const { data, error } = await cancel({ input: { idempotencyKey, order } });
        answered(data?.cancelOrder, error);
      }}
    />
  );
}
