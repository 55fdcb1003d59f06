import { History, Radio } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'wouter';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { EventItem } from './EventItem';
import { FilterForm } from './FilterForm';
import { asked, type Filters, readFilters, written } from './filters';
import { useHistory } from './useHistory';

/** A page that is left open does not grow for ever. */
const ARRIVALS = 500;

/** Events with what is looked for among them; of one shop, or of all that the viewer may see. */
export function HistoryView({ shop = null }: { shop?: string | null }) {
  const [params, setParams] = useSearchParams();
  const address = params.toString();
  const filters = useMemo(() => readFilters(new URLSearchParams(address)), [address]);
  const [turn, setTurn] = useState(0);
  return (
    <>
      <FilterForm value={filters} onChange={(next) => setParams(written(next))} />
      <Events key={`${address} ${turn}`} filters={filters} shop={shop} onFull={() => setTurn(turn + 1)} />
    </>
  );
}

interface EventsProps {
  filters: Filters;
  shop: string | null;
  /** So much came that the list should begin anew. */
  onFull: () => void;
}

function Events({ filters, shop, onFull }: EventsProps) {
  const { t } = useTranslation('history');
  const [live, setLive] = useState(true);
  const filter = useMemo(() => asked(filters, shop), [filters, shop]);
  const { events, arrived, fetching, error, more } = useHistory(filter, live);
  const full = arrived >= ARRIVALS;
  const begin = useEffectEvent(onFull);
  useEffect(() => {
    if (full) begin();
  }, [full]);
  return (
    <section aria-labelledby="events">
      <div className="mb-3 flex flex-wrap items-center justify-between gap-3">
        <h2 id="events" className="sr-only">
          {t('tab.events')}
        </h2>
        <label
          className="flex min-h-11 cursor-pointer items-center gap-2.5 text-sm font-semibold"
          title={t('liveHint')}
        >
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={live}
            onChange={(event) => setLive(event.target.checked)}
          />
          <Radio aria-hidden className="size-4 text-accent" />
          {t('live')}
        </label>
        <p role="status" className="text-sm font-medium text-accent">
          {arrived > 0 ? t('arrived', { count: arrived }) : ''}
        </p>
      </div>
      {error && <QueryFault error={error} />}
      {!events && !error && <Placeholders />}
      {events?.length === 0 && !fetching && <EmptyState icon={History} title={t('none.title')} text={t('none.text')} />}
      {events && events.length > 0 && (
        <ol reversed className="overflow-hidden rounded-2xl border border-line bg-raised">
          {events.map((event, index) => (
            <EventItem key={event.cursor} event={event} fresh={index < arrived} />
          ))}
        </ol>
      )}
      {more && (
        <div className="mt-6 text-center">
          <Button look="secondary" busy={fetching} onClick={more}>
            {t('older')}
          </Button>
        </div>
      )}
      {events && events.length > 0 && !more && !fetching && (
        <p className="mt-6 text-center text-sm text-ink-soft">{t('end')}</p>
      )}
    </section>
  );
}

function Placeholders() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')} className="space-y-3">
      {[1, 2, 3, 4, 5].map((place) => (
        <Skeleton key={place} className="h-26 rounded-2xl" />
      ))}
    </div>
  );
}
