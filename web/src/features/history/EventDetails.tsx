import { Footprints, GitBranch } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { HistoryEventFragment } from './generated/graphql';
import { DateTime } from '@/shared/time/DateTime';
import { Button } from '@/shared/ui/Button';
import { CopyButton } from '@/shared/ui/CopyButton';
import { CauseTree } from './CauseTree';
import { EventProof } from './EventProof';
import { Fact, Facts } from './Facts';
import { historyPaths } from './historyPaths';
import { StoredJson } from './StoredJson';

const TABS = ['stored', 'causes', 'proof'] as const;

/** All of an event: as it is stored, why it happened, and the proof of it. */
export function EventDetails({ event }: { event: HistoryEventFragment }) {
  const { t } = useTranslation('history');
  return (
    <div className="border-t border-line px-4 pt-2 pb-6 sm:px-6">
      <Tabs.Root defaultValue="stored" activationMode="manual">
        <Tabs.List aria-label={t('event.view')} className="mb-4 flex gap-1 border-b border-line">
          {TABS.map((tab) => (
            <Tabs.Trigger
              key={tab}
              value={tab}
              className="-mb-px min-h-11 border-b-2 border-transparent px-3 text-sm font-semibold text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-accent"
            >
              {t(`event.tab.${tab}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="stored" className="space-y-5">
          <Stored event={event} />
        </Tabs.Content>
        <Tabs.Content value="causes">
          <CauseTree of={event.cursor} />
        </Tabs.Content>
        <Tabs.Content value="proof">
          <EventProof stream={event.stream} sequence={event.sequence ?? null} />
        </Tabs.Content>
      </Tabs.Root>
    </div>
  );
}

function Stored({ event }: { event: HistoryEventFragment }) {
  const { t } = useTranslation('history');
  const copied = (text: string) => (
    <>
      <span className="font-mono text-xs leading-6 break-all">{text}</span>{' '}
      <CopyButton text={text} label={t('event.copy')} />
    </>
  );
  return (
    <>
      <StoredJson text={event.payload} label={t('event.stored')} />
      <Facts>
        <Fact name={t('event.type')}>
          <span className="font-mono text-xs">
            {event.type} {event.version}
          </span>
        </Fact>
        <Fact name={t('event.stream')}>
          {copied(event.stream)} {event.sequence && t('event.number', { sequence: event.sequence })}
        </Fact>
        <Fact name={t('event.position')}>{copied(event.position)}</Fact>
        <Fact name={t('event.actor')}>{copied(event.actor)}</Fact>
        <Fact name={t('event.correlation')}>{copied(event.correlationId)}</Fact>
        <Fact name={t('event.cause')}>{copied(event.causationId)}</Fact>
        <Fact name={t('event.decided')}>
          <DateTime at={event.decidedAt} style="precise" />
        </Fact>
        <Fact name={t('event.recorded')}>
          <DateTime at={event.recordedAt} style="precise" />
        </Fact>
      </Facts>
      <div className="flex flex-wrap gap-3">
        <Button asChild look="secondary" size="small" className="min-h-11">
          <Link href={historyPaths.stream(event.stream, event.sequence ?? null)}>
            <Footprints aria-hidden className="size-4" /> {t('event.steps')}
          </Link>
        </Button>
        <Button asChild look="secondary" size="small" className="min-h-11">
          <Link href={historyPaths.of({ correlation: event.correlationId })}>
            <GitBranch aria-hidden className="size-4" /> {t('event.related')}
          </Link>
        </Button>
      </div>
    </>
  );
}
