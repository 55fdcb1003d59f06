import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MomentInput } from './generated/graphql';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { TextField } from '@/shared/ui/Field';
import { cursorOf } from './filters';

interface MomentFormProps {
  onMoment: (moment: { at: MomentInput; told: string }) => void;
}

/** Any moment: a time, or a position of the log. */
export function MomentForm({ onMoment }: MomentFormProps) {
  const { t, i18n } = useTranslation('history');
  const [time, setTime] = useState('');
  const [position, setPosition] = useState('');
  const [wrong, setWrong] = useState(false);
  const atTime = (event: SyntheticEvent) => {
    event.preventDefault();
    const moment = new Date(time);
    if (Number.isNaN(moment.getTime())) return;
    const told = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'short' }).format(moment);
    onMoment({ at: { time: moment.toISOString() }, told });
  };
  const atPosition = (event: SyntheticEvent) => {
    event.preventDefault();
    const cursor = cursorOf(position.trim());
    setWrong(cursor === null);
    if (cursor !== null) onMoment({ at: { at: cursor }, told: position.trim() });
  };
  return (
    <Card aria-labelledby="moment">
      <h2 id="moment" className="mb-4 font-bold">
        {t('stream.moment')}
      </h2>
      <form onSubmit={atTime} className="mb-4 space-y-2.5">
        <TextField
          label={t('stream.time')}
          type="datetime-local"
          value={time}
          onChange={(event) => setTime(event.target.value)}
        />
        <Button type="submit" look="secondary" size="small" className="min-h-11" disabled={time === ''}>
          {t('stream.show')}
        </Button>
      </form>
      <form onSubmit={atPosition} noValidate className="space-y-2.5">
        <TextField
          label={t('stream.position')}
          hint={t('stream.positionHint')}
          problem={wrong ? t('stream.positionWrong') : null}
          className="font-mono text-sm"
          autoComplete="off"
          value={position}
          onChange={(event) => setPosition(event.target.value)}
        />
        <Button type="submit" look="secondary" size="small" className="min-h-11" disabled={position === ''}>
          {t('stream.show')}
        </Button>
      </form>
    </Card>
  );
}
