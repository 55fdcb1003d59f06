import { Store } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link, Redirect } from 'wouter';
import { MyShopsDocument } from '@/api/generated/graphql';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { ownerPaths } from './ownerPaths';

/** The way to one's newest shop, or to open the first. */
export function OwnerHome() {
  const { t } = useTranslation('owner');
  const [{ data, error }] = useQuery({ query: MyShopsDocument });
  const shops = data?.me?.shops.nodes;
  if (!shops) return error ? <QueryFault error={error} /> : <Skeleton className="h-64 rounded-2xl" />;
  const [newest] = shops;
  if (newest) return <Redirect to={ownerPaths.shop(newest.id)} replace />;
  return (
    <>
      <PageTitle>{t('title')}</PageTitle>
      <EmptyState icon={Store} title={t('open.none.title')} text={t('open.none.text')}>
        <Button asChild>
          <Link href={ownerPaths.open}>{t('open.title')}</Link>
        </Button>
      </EmptyState>
    </>
  );
}
