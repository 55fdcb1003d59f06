import { SlidersHorizontal } from 'lucide-react';
import { type SyntheticEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Choice, TextField } from '@/shared/ui/Field';
import { EVENT_TYPES, type StreamKind } from './eventTypes';
import { type Field, type Filters, NOTHING, problems, written } from './filters';

interface FilterFormProps {
  value: Filters;
  onChange: (filters: Filters) => void;
}

/** What is looked for. It is asked when it is said so, not with every letter. */
export function FilterForm({ value, onChange }: FilterFormProps) {
  const { t } = useTranslation('history');
  const count = Object.keys(written(value)).length;
  const [open, setOpen] = useState(count > 0);
  const panel = useId();
  return (
    <div className="mb-5">
      <Button
        look="secondary"
        size="small"
        className="min-h-11"
        aria-expanded={open}
        aria-controls={panel}
        onClick={() => setOpen(!open)}
      >
        <SlidersHorizontal aria-hidden className="size-4" />
        {count > 0 ? t('filter.asked', { count }) : t('filter.title')}
      </Button>
      <div id={panel} hidden={!open}>
        {/* What is asked from elsewhere is shown as if it had been typed. */}
        <Fields key={JSON.stringify(value)} value={value} onChange={onChange} />
      </div>
    </div>
  );
}

function Fields({ value, onChange }: FilterFormProps) {
  const { t } = useTranslation('history');
  const [typed, setTyped] = useState(value);
  const [wrong, setWrong] = useState<readonly Field[]>([]);
  const set = (field: Field) => (event: { target: { value: string } }) =>
    setTyped({ ...typed, [field]: event.target.value });
  const told = (field: Field) => ({
    label: t(`filter.${field}`),
    value: typed[field],
    onChange: set(field),
    problem: wrong.includes(field) ? t(`filter.wrong.${field}`) : null,
  });
  const look = (event: SyntheticEvent) => {
    event.preventDefault();
    const found = problems(typed);
    setWrong(found);
    if (found.length === 0) onChange(typed);
  };
  const mono = { className: 'font-mono text-sm', autoComplete: 'off', spellCheck: false } as const;
  return (
    <form
      onSubmit={look}
      noValidate
      className="mt-3 grid gap-4 rounded-2xl border border-line bg-raised p-4 sm:grid-cols-2 sm:p-6 lg:grid-cols-3"
    >
      <Choice {...told('type')}>
        <option value="">{t('filter.every')}</option>
        {(Object.keys(EVENT_TYPES) as StreamKind[]).map((kind) => (
          <optgroup key={kind} label={t(`kind.${kind}`)}>
            {EVENT_TYPES[kind].map((type) => (
              <option key={type}>{type}</option>
            ))}
          </optgroup>
        ))}
      </Choice>
      <TextField {...told('stream')} {...mono} hint={t('filter.streamHint')} />
      <TextField {...told('actor')} {...mono} hint={t('filter.actorHint')} />
      <TextField {...told('correlation')} {...mono} hint={t('filter.correlationHint')} />
      <TextField {...told('from')} type="datetime-local" />
      <TextField {...told('until')} type="datetime-local" />
      <div className="flex flex-wrap gap-3 sm:col-span-2 lg:col-span-3">
        <Button type="submit">{t('filter.apply')}</Button>
        <Button look="quiet" onClick={() => onChange(NOTHING)}>
          {t('filter.clear')}
        </Button>
      </div>
    </form>
  );
}
