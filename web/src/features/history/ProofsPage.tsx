import { FileDown, ShieldQuestion } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { ProofsDocument, type ProofsQuery } from './generated/graphql';
import { DateTime } from '@/shared/time/DateTime';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { CopyButton } from '@/shared/ui/CopyButton';
import { EmptyState } from '@/shared/ui/EmptyState';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { download } from './download';
import { Fact, Facts } from './Facts';

/** What the server signed of its log, and what of that stands on a chain. */
export function ProofsPage() {
  const { t } = useTranslation('history');
  const [{ data, error, fetching }] = useQuery({ query: ProofsDocument, requestPolicy: 'network-only' });
  if (!data) return error && !fetching ? <QueryFault error={error} /> : <Skeleton className="h-64 rounded-2xl" />;
  if (!data.checkpoint) {
    return <EmptyState icon={ShieldQuestion} title={t('proofs.none.title')} text={t('proofs.none.text')} />;
  }
  return (
    <div className="space-y-6">
      <p className="max-w-2xl leading-relaxed text-ink-soft">{t('proofs.about')}</p>
      <Checkpoint checkpoint={data.checkpoint} />
      <Card aria-labelledby="anchors">
        <h2 id="anchors" className="mb-1 font-bold">
          {t('proofs.anchors')}
        </h2>
        <p className="mb-5 max-w-2xl text-sm leading-relaxed text-ink-soft">{t('proofs.anchorsAbout')}</p>
        {data.anchors.length === 0 ? (
          <p className="text-sm">{t('proofs.noAnchors')}</p>
        ) : (
          <ul className="space-y-5">
            {data.anchors.map((anchor) => (
              <Anchor key={anchor.transaction} anchor={anchor} />
            ))}
          </ul>
        )}
      </Card>
    </div>
  );
}

function Mono({ children }: { children: string }) {
  const { t } = useTranslation('history');
  return (
    <>
      <span className="font-mono text-xs leading-6 break-all">{children}</span>{' '}
      <CopyButton text={children} label={t('event.copy')} />
    </>
  );
}

function Checkpoint({ checkpoint }: { checkpoint: NonNullable<ProofsQuery['checkpoint']> }) {
  const { t, i18n } = useTranslation('history');
  return (
    <Card aria-labelledby="checkpoint">
      <h2 id="checkpoint" className="mb-5 font-bold">
        {t('proofs.checkpoint')}
      </h2>
      <Facts>
        <Fact name={t('proofs.size')}>{new Intl.NumberFormat(i18n.language).format(BigInt(checkpoint.size))}</Fact>
        <Fact name={t('proofs.issued')}>
          <DateTime at={checkpoint.issuedAt} style="precise" />
        </Fact>
        <Fact name={t('proofs.root')}>
          <Mono>{checkpoint.root}</Mono>
        </Fact>
        <Fact name={t('proofs.key')}>
          <Mono>{checkpoint.key}</Mono>
        </Fact>
      </Facts>
      <Button
        look="secondary"
        className="mt-6"
        onClick={() => download(`checkpoint-${checkpoint.size}.txt`, checkpoint.note, 'text/plain')}
      >
        <FileDown aria-hidden className="size-4" /> {t('proofs.download')}
      </Button>
    </Card>
  );
}

function Anchor({ anchor }: { anchor: ProofsQuery['anchors'][number] }) {
  const { t } = useTranslation('history');
  return (
    <li className="border-t border-line pt-4">
      <p className="mb-2 flex flex-wrap gap-x-3 text-sm font-semibold">
        <span className={anchor.state === 'CONFIRMED' ? 'text-good' : ''}>{t(`proofs.state.${anchor.state}`)}</span>
        <span>{t('proof.events', { count: Number(anchor.size) })}</span>
        <span className="font-medium text-ink-soft">{t('proofs.chain', { id: anchor.chainId })}</span>
        {anchor.block && (
          <span className="font-medium text-ink-soft">{t('proofs.block', { block: anchor.block })}</span>
        )}
      </p>
      <Facts>
        <Fact name={t('proofs.transaction')}>
          <Mono>{anchor.transaction}</Mono>
        </Fact>
        <Fact name={t('proofs.root')}>
          <Mono>{anchor.root}</Mono>
        </Fact>
        <Fact name={t('proofs.contract')}>
          <Mono>{anchor.contract}</Mono>
        </Fact>
        <Fact name={t('proofs.sent')}>
          <DateTime at={anchor.sentAt} style="precise" />
        </Fact>
      </Facts>
    </li>
  );
}
