import { clsx } from 'clsx';
import { ChevronDown } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HistoryEventFragment } from './generated/graphql';
import { DateTime } from '@/shared/time/DateTime';
import { useLocalized } from '@/shared/useLocalized';
import { Actor } from './Actor';
import { EventDetails } from './EventDetails';
import { KindSign } from './Kind';

/** An event in plain words; all of it when it is opened. */
export function EventItem({ event, fresh }: { event: HistoryEventFragment; fresh: boolean }) {
  const { t } = useTranslation('history');
  const [open, setOpen] = useState(false);
  const details = useId();
  return (
    <li className={clsx('border-line not-first:border-t', fresh && 'bg-accent-soft')}>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
        className="flex w-full gap-3 px-4 py-3 text-left hover:bg-sunken  sm:px-6"
      >
        <KindSign stream={event.stream} />
        <span className="min-w-0 grow">
          <EventWords event={event} />
          <span className="mt-1 flex flex-wrap gap-x-3 text-xs text-ink-soft">
            <span className="font-mono">{event.type}</span>
            <span>
              <Actor actor={event.actor} by={event.by} />
            </span>
            <DateTime at={event.recordedAt} style="precise" />
          </span>
        </span>
        <ChevronDown aria-hidden className={clsx('mt-2 size-4 shrink-0 text-ink-soft', open && 'rotate-180')} />
        <span className="sr-only">{t('event.open')}</span>
      </button>
      <div id={details} hidden={!open}>
        {open && <EventDetails event={event} />}
      </div>
    </li>
  );
}

export function EventWords({ event }: { event: Pick<HistoryEventFragment, 'words'> }) {
  const { t } = useTranslation('history');
  const localized = useLocalized();
  return <span className="block leading-relaxed">{event.words ? localized(event.words) : t('unreadable')}</span>;
}
