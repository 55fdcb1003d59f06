import { type Ref, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { TextField } from '@/shared/ui/Field';
import { type DraftField, LIMITS } from './draft';
import type { DeliveryForm, Wanted } from './useDelivery';

const WANTED: readonly Wanted[] = ['delivery', 'nothing'];

/** The fields in their order, with what browsers fill them with. */
const FIELDS: readonly { field: DraftField; fill: string; half?: true }[] = [
  { field: 'recipient', fill: 'shipping name', half: true },
  { field: 'contact', fill: 'shipping tel', half: true },
  { field: 'postalCode', fill: 'shipping postal-code', half: true },
  { field: 'address', fill: 'shipping address-line1' },
  { field: 'addressDetail', fill: 'shipping address-line2' },
  { field: 'note', fill: 'off' },
];

/** Where the order goes, or that there is nothing to deliver. */
export function DeliveryFields({ form, ref }: { form: DeliveryForm; ref: Ref<HTMLFieldSetElement> }) {
  const { t } = useTranslation('delivery');
  const name = useId();
  const problem = (field: DraftField) => {
    if (form.missing.includes(field)) return t('missing');
    return form.refused.includes(field) ? t('refused') : null;
  };
  return (
    <fieldset ref={ref} className="space-y-4">
      <legend className="mb-2 text-sm font-semibold">{t('title')}</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {WANTED.map((wanted) => (
          <label
            key={wanted}
            className="flex min-h-12 cursor-pointer items-center gap-3 rounded-xl border border-line px-4 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name={name}
              className="size-4 accent-accent outline-none"
              checked={form.wanted === wanted}
              onChange={() => form.want(wanted)}
            />
            <span className="font-semibold">{t(`wanted.${wanted}`)}</span>
          </label>
        ))}
      </div>
      {form.wanted === 'delivery' && (
        <>
          <div className="grid gap-4 sm:grid-cols-2">
            {FIELDS.map(({ field, fill, half }) => (
              <div key={field} className={half ? '' : 'sm:col-span-2'}>
                <TextField
                  label={t(`field.${field}`)}
                  autoComplete={fill}
                  maxLength={LIMITS[field]}
                  required={field === 'recipient' || field === 'contact' || field === 'address'}
                  problem={problem(field)}
                  value={form.draft[field]}
                  onChange={({ target }) => form.type(field, target.value)}
                />
              </div>
            ))}
          </div>
          <p className="text-sm leading-relaxed text-ink-soft">{t('sealed')}</p>
        </>
      )}
    </fieldset>
  );
}
