import { ReceiptText } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { OrdersDocument } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { SignedIn } from '@/features/session/SignedIn';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { type Filter, FILTERS, OrderFilter } from './OrderFilter';
import { OrderRow } from './OrderRow';

const PAGE = 20;

/** The customer's orders, newest first. */
export function OrdersPage() {
  const { t } = useTranslation();
  return (
    <>
      <PageTitle>{t('orders.title')}</PageTitle>
      <SignedIn>
        <Orders />
      </SignedIn>
    </>
  );
}

function Orders() {
  const { t } = useTranslation();
  const [filter, setFilter] = useState<Filter>('all');
  const [after, setAfter] = useState<string | null>(null);
  const variables = { status: FILTERS[filter], first: PAGE, after };
  const [{ data, fetching, stale, error }] = useQuery({ query: OrdersDocument, variables });
  const orders = data?.me?.orders;
  const choose = (next: Filter) => {
    setFilter(next);
    setAfter(null);
  };
  return (
    <>
      <OrderFilter value={filter} onChange={choose} />
      {!orders && (error ? <QueryFault error={error} /> : <Placeholders />)}
      {orders?.nodes.length === 0 && (
        <EmptyState icon={ReceiptText} title={t('orders.none.title')} text={t('orders.none.text')}>
          <Button asChild look="secondary">
            <Link href={paths.catalogue}>{t('orders.none.browse')}</Link>
          </Button>
        </EmptyState>
      )}
      <ul className="space-y-3">
        {orders?.nodes.map((order) => (
          <li key={order.id}>
            <OrderRow order={order} />
          </li>
        ))}
      </ul>
      {orders?.pageInfo.hasNextPage && (
        <div className="mt-8 text-center">
          <Button look="secondary" busy={fetching || stale} onClick={() => setAfter(orders.pageInfo.endCursor ?? null)}>
            {t('common.more')}
          </Button>
        </div>
      )}
    </>
  );
}

function Placeholders() {
  const { t } = useTranslation();
  return (
    <div className="space-y-3" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: 4 }, (_, index) => (
        <Skeleton key={index} className="h-26 rounded-2xl" />
      ))}
    </div>
  );
}
