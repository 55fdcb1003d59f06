import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { CausesDocument } from './generated/graphql';
import { DateTime } from '@/shared/time/DateTime';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { Actor } from './Actor';
import { type Node, trees } from './causes';
import { EventWords } from './EventItem';
import { KindSign } from './Kind';

/** Why something happened and what followed, as a tree that is read from its roots. */
export function CauseTree({ of }: { of: string }) {
  const { t } = useTranslation('history');
  const [{ data, error, fetching }] = useQuery({
    query: CausesDocument,
    variables: { of },
    requestPolicy: 'network-only',
  });
  if (!data) return error && !fetching ? <QueryFault error={error} /> : <Skeleton className="h-40 rounded-xl" />;
  const alone = data.causes.length <= 1;
  return (
    <>
      <p className="mb-4 text-sm text-ink-soft">{alone ? t('causes.none') : t('causes.about')}</p>
      <Branch nodes={trees(data.causes)} of={of} top />
    </>
  );
}

function Branch({ nodes, of, top = false }: { nodes: readonly Node[]; of: string; top?: boolean }) {
  const { t } = useTranslation('history');
  return (
    <ul className={clsx('space-y-3', !top && 'mt-3 border-l-2 border-line pl-4 sm:ml-3')}>
      {nodes.map(({ event, led }) => (
        <li key={event.cursor}>
          <div
            {...(event.cursor === of && { 'aria-current': true as const })}
            className={clsx('flex gap-3 rounded-xl', event.cursor === of && 'bg-accent-soft p-4')}
          >
            <KindSign stream={event.stream} marked={event.cursor === of} />
            <div className="min-w-0 text-sm">
              <EventWords event={event} />
              <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-ink-soft">
                <span className="font-mono">{event.type}</span>
                <span>
                  <Actor actor={event.actor} by={event.by} />
                </span>
                <DateTime at={event.recordedAt} style="precise" />
                {event.cursor === of && <span className="font-semibold text-accent">{t('causes.here')}</span>}
              </p>
            </div>
          </div>
          {led.length > 0 && <Branch nodes={led} of={of} />}
        </li>
      ))}
    </ul>
  );
}
