import { Scale } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { OrderRow } from '@/features/orders/OrderRow';
import { SignedIn } from '@/features/session/SignedIn';
import { DateTime } from '@/shared/time/DateTime';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useDisputes } from './useDisputes';

/** The disputes that wait for the arbiter's decision. */
export function DisputesPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle>{t('dispute.title')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('dispute.about')}</p>
      <SignedIn>
        <Disputes />
      </SignedIn>
    </>
  );
}

function Disputes() {
  const { t } = useTranslation();
  const [after, setAfter] = useState<string | null>(null);
  const { data, fetching, stale, error } = useDisputes(after);
  const disputes = data?.me?.disputes;
  if (!disputes) return error ? <QueryFault error={error} /> : <Skeleton className="h-26 rounded-2xl" />;
  if (disputes.nodes.length === 0) {
    return <EmptyState icon={Scale} title={t('dispute.none.title')} text={t('dispute.none.text')} />;
  }
  return (
    <>
      <ul className="space-y-3">
        {disputes.nodes.map(({ order, openedAt, refundableFrom }) => (
          <li key={order.id}>
            <OrderRow
              order={order}
              note={
                <>
                  {t('dispute.since')} <DateTime at={openedAt} />
                  {refundableFrom !== null && (
                    <>
                      {' '}
                      · {t('dispute.until')} <DateTime at={refundableFrom} />
                    </>
                  )}
                </>
              }
            />
          </li>
        ))}
      </ul>
      {disputes.pageInfo.hasNextPage && (
        <div className="mt-8 text-center">
          <Button
            look="secondary"
            busy={fetching || stale}
            onClick={() => setAfter(disputes.pageInfo.endCursor ?? null)}
          >
            {t('common.more')}
          </Button>
        </div>
      )}
    </>
  );
}
