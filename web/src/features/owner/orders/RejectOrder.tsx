import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { RejectOrderDocument } from '@/api/generated/graphql';
import { TextArea } from '@/shared/ui/Field';
import { FormDialog } from './FormDialog';

/** Refuses an order, and says why; the customer reads it. */
export function RejectOrder({ order, paid }: { order: string; paid: boolean }) {
  const { t } = useTranslation('owner');
  const [reason, setReason] = useState('');
  const [, reject] = useMutation(RejectOrderDocument);
  return (
    <FormDialog
      look="danger"
      label={t('reject.title')}
      about={t(paid ? 'reject.aboutPaid' : 'reject.about')}
      submit={t('reject.confirm')}
      ready={reason.trim() !== ''}
      act={async (idempotencyKey) => {
        const { data, error } = await reject({ input: { idempotencyKey, order, reason: reason.trim() } });
        answered(data?.rejectOrder, error);
      }}
    >
      <TextArea
        label={t('reject.reason')}
        hint={t('reject.reasonHint')}
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
    </FormDialog>
  );
}
