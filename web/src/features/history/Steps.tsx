import { SkipBack, SkipForward, StepBack, StepForward } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { AsOfQuery } from './generated/graphql';
import { DateTime } from '@/shared/time/DateTime';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { Actor } from './Actor';
import { EventWords } from './EventItem';

export type Past = NonNullable<AsOfQuery['asOf']>;

interface StepsProps {
  past: Past;
  busy: boolean;
  /** Another moment than a step that is looked at, in words. */
  told: string | null;
  onStep: (sequence: number) => void;
}

/** From event to event: by buttons, by the slider, by its arrow keys. */
export function Steps({ past, busy, told, onStep }: StepsProps) {
  const { t } = useTranslation('history');
  const [at, last] = [Number(past.sequence), Number(past.lastSequence)];
  const to = (sequence: number) => onStep(Math.min(Math.max(sequence, 0), last));
  const steps = [
    { name: 'first', to: 0, Icon: SkipBack, possible: at > 0 },
    { name: 'previous', to: at - 1, Icon: StepBack, possible: at > 0 },
    { name: 'next', to: at + 1, Icon: StepForward, possible: at < last },
    { name: 'last', to: last, Icon: SkipForward, possible: at < last },
  ] as const;
  return (
    <Card aria-labelledby="happened">
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <p className="font-bold" aria-live="polite">
          {told === null
            ? t('stream.of', { sequence: past.sequence, last: past.lastSequence })
            : t('stream.asOf', { moment: told })}
        </p>
        <div className="flex gap-1">
          {steps.map(({ name, to: sequence, Icon, possible }) => (
            <Button
              key={name}
              look="secondary"
              size="icon"
              aria-label={t(`stream.${name}`)}
              title={t(`stream.${name}`)}
              // It keeps the focus while the next is on its way.
              aria-disabled={!possible}
              onClick={() => possible && !busy && to(sequence)}
            >
              <Icon aria-hidden className="size-5" />
            </Button>
          ))}
        </div>
      </div>
      <input
        type="range"
        aria-label={t('stream.step')}
        aria-valuetext={t('stream.of', { sequence: past.sequence, last: past.lastSequence })}
        min={0}
        max={last}
        value={at}
        onChange={(event) => to(event.target.valueAsNumber)}
        className="mb-5 h-6 w-full accent-accent"
      />
      <h2 id="happened" className="mb-1 text-sm text-ink-soft">
        {t('stream.happened')}
      </h2>
      {past.event ? (
        <>
          <EventWords event={past.event} />
          <p className="mt-1 flex flex-wrap gap-x-3 text-xs text-ink-soft">
            <span className="font-mono">{past.event.type}</span>
            <span>
              <Actor actor={past.event.actor} by={past.event.by} />
            </span>
            <DateTime at={past.event.recordedAt} style="precise" />
          </p>
        </>
      ) : (
        <p>{t('stream.before')}</p>
      )}
    </Card>
  );
}
