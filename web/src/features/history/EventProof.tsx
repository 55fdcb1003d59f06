import { FileCheck2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { EventProofDocument } from './generated/graphql';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { download } from './download';
import { Fact, Facts } from './Facts';
import { provenBy } from './proven';

/** That an event is in the log that was signed. */
export function EventProof({ stream, sequence }: { stream: string; sequence: string | null }) {
  const { t } = useTranslation('history');
  const [{ data, error, fetching }, again] = useQuery({
    query: EventProofDocument,
    variables: { stream, sequence: sequence ?? '' },
    pause: sequence === null,
    requestPolicy: 'network-only',
  });
  const { t: common } = useTranslation();
  if (sequence === null) return <Notice tone="info">{t('proof.hidden')}</Notice>;
  if (error && !fetching) return <QueryFault error={error} />;
  if (!data) return <Skeleton className="h-40 rounded-xl" />;
  const document = data.eventProof;
  if (!document) {
    return (
      <Notice
        tone="info"
        action={
          <Button look="secondary" size="small" busy={fetching} onClick={() => again()}>
            {common('common.tryAgain')}
          </Button>
        }
      >
        {t('proof.none')}
      </Notice>
    );
  }
  const { index, size, path } = provenBy(document.json);
  return (
    <div className="space-y-5">
      <p className="text-sm text-ink-soft">{t('proof.about')}</p>
      <Facts>
        <Fact name={t('proof.index')}>{index}</Fact>
        <Fact name={t('proof.under')}>{t('proof.events', { count: size })}</Fact>
        <Fact name={t('proof.path')}>
          <ol className="space-y-1">
            {path.map((hash) => (
              <li key={hash} className="font-mono text-xs break-all">
                {hash}
              </li>
            ))}
          </ol>
        </Fact>
      </Facts>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button look="secondary" onClick={() => download(document.fileName, document.json)}>
          <FileCheck2 aria-hidden className="size-4" /> {t('proof.download')}
        </Button>
        <p className="text-xs text-ink-soft">{t('proof.check')}</p>
      </div>
    </div>
  );
}
