import { type SyntheticEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { ChangesDocument } from './generated/graphql';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { TextField } from '@/shared/ui/Field';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { Value } from './Facts';

/** What is other at one step than at another. */
export function Difference({ stream, last }: { stream: string; last: number }) {
  const { t } = useTranslation('history');
  const [from, setFrom] = useState(String(Math.max(last - 1, 0)));
  const [to, setTo] = useState(String(last));
  const [asked, setAsked] = useState<{ from: string; to: string } | null>(null);
  const number = (label: string, value: string, set: (value: string) => void) => (
    <TextField
      label={label}
      type="number"
      inputMode="numeric"
      min={0}
      max={last}
      required
      value={value}
      onChange={(event) => set(event.target.value)}
    />
  );
  const compare = (event: SyntheticEvent) => {
    event.preventDefault();
    setAsked({ from, to });
  };
  return (
    <Card aria-labelledby="difference">
      <h2 id="difference" className="mb-4 font-bold">
        {t('stream.difference')}
      </h2>
      <form onSubmit={compare} className="grid grid-cols-2 gap-3">
        {number(t('stream.from'), from, setFrom)}
        {number(t('stream.to'), to, setTo)}
        <Button type="submit" look="secondary" className="col-span-2">
          {t('stream.compare')}
        </Button>
      </form>
      {asked && <Changes stream={stream} from={asked.from} to={asked.to} />}
    </Card>
  );
}

function Changes({ stream, from, to }: { stream: string; from: string; to: string }) {
  const { t } = useTranslation('history');
  const [{ data, error, fetching }] = useQuery({
    query: ChangesDocument,
    variables: { stream, from: { sequence: from }, to: { sequence: to } },
    requestPolicy: 'network-only',
  });
  if (error && !fetching) return <QueryFault error={error} />;
  if (!data) return <Skeleton className="mt-6 h-24 rounded-xl" />;
  if (data.changes.length === 0) {
    return (
      <p role="status" className="mt-6 text-sm text-ink-soft">
        {t('stream.same')}
      </p>
    );
  }
  return (
    <ul aria-live="polite" className="mt-6 space-y-4 text-sm">
      {data.changes.map(({ path, before, after }) => (
        <li key={path} className="border-t border-line pt-3">
          <p className="font-mono text-xs font-semibold break-all">{path}</p>
          <dl className="mt-1.5 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
            <dt className="leading-6 text-bad">{t('stream.was')}</dt>
            <dd>{before === null || before === undefined ? t('stream.absent') : <Value value={before} />}</dd>
            <dt className="leading-6 text-good">{t('stream.is')}</dt>
            <dd>{after === null || after === undefined ? t('stream.absent') : <Value value={after} />}</dd>
          </dl>
        </li>
      ))}
    </ul>
  );
}
