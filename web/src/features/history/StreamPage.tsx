import { PackageX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { AsOfDocument, type MomentInput } from './generated/graphql';
import { Button } from '@/shared/ui/Button';
import { CopyButton } from '@/shared/ui/CopyButton';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { codeOf } from '@/api/errors';
import { Difference } from './Difference';
import { kindOf } from './eventTypes';
import { historyPaths } from './historyPaths';
import { MomentForm } from './MomentForm';
import { PastState } from './PastState';
import { Steps } from './Steps';

/** How something stood after each of its events, and at any other moment. */
export function StreamPage({ stream }: { stream: string }) {
  const { t } = useTranslation('history');
  const [params, setParams] = useSearchParams();
  const step = params.get('at');
  const [moment, setMoment] = useState<{ at: MomentInput; told: string } | null>(null);
  const at = moment?.at ?? (step !== null && /^\d{1,18}$/.test(step) ? { sequence: step } : null);
  const [{ data, error, fetching, stale }] = useQuery({
    query: AsOfDocument,
    variables: { stream, at },
    requestPolicy: 'network-only',
  });
  const past = data?.asOf;
  if (error && !past && !fetching && codeOf(error) !== 'NOT_FOUND') return <QueryFault error={error} />;
  if (!past && fetching) return <Placeholder />;
  if (!past) {
    return (
      <EmptyState icon={PackageX} title={t('stream.notFound.title')} text={t('stream.notFound.text')}>
        <Button asChild look="secondary">
          <Link href={historyPaths.all}>{t('title')}</Link>
        </Button>
      </EmptyState>
    );
  }
  const kind = kindOf(past.stream) ?? 'Order';
  return (
    <>
      <PageTitle>{t('stream.title', { kind: t(`kind.${kind}`) })}</PageTitle>
      <p className="-mt-4 mb-5 text-sm text-ink-soft">
        <span className="font-mono text-xs break-all">{past.stream}</span>{' '}
        <CopyButton text={past.stream} label={t('event.copy')} />{' '}
        <Link href={historyPaths.of({ stream: past.stream })} className="font-semibold text-accent underline">
          {t('stream.all')}
        </Link>
      </p>
      <Steps
        past={past}
        busy={fetching || stale}
        told={moment?.told ?? null}
        onStep={(sequence) => {
          setMoment(null);
          setParams({ at: String(sequence) }, { replace: true });
        }}
      />
      <div className="mt-6 grid items-start gap-6 lg:grid-cols-[1fr_20rem]">
        <div className="min-w-0">
          <PastState past={past} />
        </div>
        <div className="space-y-6">
          <MomentForm onMoment={setMoment} />
          <Difference key={past.stream} stream={past.stream} last={Number(past.lastSequence)} />
        </div>
      </div>
    </>
  );
}

function Placeholder() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')} className="space-y-4">
      <Skeleton className="h-10 w-64" />
      <Skeleton className="h-24 rounded-2xl" />
      <Skeleton className="h-64 rounded-2xl" />
    </div>
  );
}
