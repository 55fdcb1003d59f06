import { PackageX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery, useSubscription } from 'urql';
import { Link } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import { OrderDocument, OrderUpdatesDocument } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { useSession } from '@/features/session/SessionContext';
import { SignedIn } from '@/features/session/SignedIn';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { OrderDetails } from './OrderDetails';

export function OrderPage({ id }: { id: string }) {
  const { viewer } = useSession();
  // Asked together with who is signed in, not after it.
  useOrder(id, viewer !== undefined);
  return (
    <SignedIn>
      <LiveOrder id={id} />
    </SignedIn>
  );
}

function useOrder(id: string, pause = false) {
  // Who has just placed it comes with the position of that: the answer waits until it is visible.
  const state = useHistoryState<{ atLeast?: string | null } | null>();
  const [answer] = useQuery({ query: OrderDocument, variables: { id, atLeast: state?.atLeast ?? null }, pause });
  return answer;
}

function LiveOrder({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data, fetching, error } = useOrder(id);
  // Drawn in slices, between which the browser answers whoever touches the page.
  const order = useDeferredValue(data?.order, undefined);
  if (order) {
    return (
      <>
        <Follow order={id} after={order.cursor} />
        <OrderDetails order={order} />
      </>
    );
  }
  if (fetching || data?.order) return <Placeholder />;
  if (error) return <QueryFault error={error} />;
  return (
    <EmptyState icon={PackageX} title={t('order.notFound.title')} text={t('order.notFound.text')}>
      <Button asChild look="secondary">
        <Link href={paths.orders}>{t('orders.title')}</Link>
      </Button>
    </EmptyState>
  );
}

/** Follows an order from where the first answer ends, so that nothing is missed; what is told moves the cursor itself. */
function Follow({ order, after }: { order: string; after: string }) {
  const [first] = useState(after);
  useSubscription({ query: OrderUpdatesDocument, variables: { order, after: first } });
  return null;
}

function Placeholder() {
  const { t } = useTranslation();
  return (
    <div className="space-y-4" role="status" aria-label={t('common.loading')}>
      <Skeleton className="h-10 w-64" />
      <Skeleton className="h-56 rounded-2xl" />
      <Skeleton className="h-40 rounded-2xl" />
    </div>
  );
}
