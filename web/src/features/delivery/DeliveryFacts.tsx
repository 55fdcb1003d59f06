import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeliveryFragment } from '@/api/generated/graphql';
import { Card } from '@/shared/ui/Card';
import { CopyButton } from '@/shared/ui/CopyButton';

type Details = NonNullable<DeliveryFragment['details']>;

/** Where an order goes, for those whom it concerns; or why it cannot be read. */
export function DeliveryFacts({ delivery: { state, details } }: { delivery: DeliveryFragment }) {
  const { t } = useTranslation('delivery');
  return (
    <Card aria-labelledby="delivery">
      <h2 id="delivery" className="mb-3 font-bold">
        {t('title')}
      </h2>
      {state === 'READABLE' && details ? (
        <Readable details={details} />
      ) : (
        <p className="leading-relaxed text-ink-soft">{t(`state.${state === 'READABLE' ? 'UNREADABLE' : state}`)}</p>
      )}
    </Card>
  );
}

function Readable({ details }: { details: Details }) {
  const { t } = useTranslation('delivery');
  const { recipient, contact, address, addressDetail, postalCode, country, note } = details;
  const place = [postalCode, address, addressDetail, country].filter(Boolean).join(', ');
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 text-sm">
      <Fact name={t('field.recipient')}>{recipient}</Fact>
      <Fact name={t('field.contact')}>{contact}</Fact>
      <Fact name={t('field.address')}>
        {place} <CopyButton text={place} label={t('copy')} />
      </Fact>
      {note !== null && <Fact name={t('field.note')}>{note}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="min-w-0 text-right break-words">{children}</dd>
    </>
  );
}
