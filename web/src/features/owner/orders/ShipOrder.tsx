import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { answered } from '@/api/errors';
import { ShipOrderDocument } from '@/api/generated/graphql';
import { TextField } from '@/shared/ui/Field';
import { FormDialog } from './FormDialog';

/** Records that an order is on its way, with where to follow it: both or neither. */
export function ShipOrder({ order }: { order: string }) {
  const { t } = useTranslation('owner');
  const [carrier, setCarrier] = useState('');
  const [number, setNumber] = useState('');
  const [, ship] = useMutation(ShipOrderDocument);
  const given = { carrier: carrier.trim(), number: number.trim() };
  const half = (given.carrier === '') !== (given.number === '');
  return (
    <FormDialog
      label={t('ship.title')}
      about={t('ship.about')}
      submit={t('ship.confirm')}
      ready={!half}
      act={async (idempotencyKey) => {
        const tracking = given.carrier === '' ? null : given;
        const { data, error } = await ship({ input: { idempotencyKey, order, tracking } });
        answered(data?.shipOrder, error);
      }}
    >
      <TextField
        label={t('ship.carrier')}
        maxLength={100}
        value={carrier}
        onChange={({ target }) => setCarrier(target.value)}
      />
      <TextField
        label={t('ship.number')}
        hint={t('ship.hint')}
        maxLength={100}
        value={number}
        onChange={({ target }) => setNumber(target.value)}
      />
    </FormDialog>
  );
}
