import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { ConfirmDeliveryDocument } from '@/api/generated/graphql';
import { ConfirmButton } from '@/shared/ui/ConfirmButton';

export function ConfirmDelivery({ order }: { order: string }) {
  const { t } = useTranslation();
  const [, confirmDelivery] = useMutation(ConfirmDeliveryDocument);
  return (
    <ConfirmButton
      label={t('order.delivered.title')}
      about={t('order.delivered.about')}
      confirm={t('order.delivered.confirm')}
      act={async (idempotencyKey) => {
        const { data, error } = await confirmDelivery({ input: { idempotencyKey, order } });
        answered(data?.confirmDelivery, error);
      }}
    />
  );
}
