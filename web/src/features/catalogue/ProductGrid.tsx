import { SearchX } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { ProductsDocument } from '@/api/generated/graphql';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { FIRST_PRODUCTS } from './firstProducts';
import { ProductCard } from './ProductCard';

/** On the smallest phone. */
const SEEN_AT_ONCE = 4;
const GRID = 'grid grid-cols-2 gap-3 sm:gap-5 md:grid-cols-3 lg:grid-cols-4';

/** Products for sale whose name has the words, more of them on demand. */
export function ProductGrid({ search }: { search: string }) {
  const { t } = useTranslation();
  const [more, setMore] = useState<{ search: string; after: string | null }>();
  // Another search begins anew.
  const after = more?.search === search ? more.after : null;
  const [{ data, fetching, error, stale }] = useQuery({
    query: ProductsDocument,
    variables: { ...FIRST_PRODUCTS, search: search || null, after },
  });
  // Drawn in slices, between which the browser answers whoever touches the page.
  const products = useDeferredValue(data?.products, undefined);
  if (!products) return error && !data ? <QueryFault error={error} /> : <Placeholders />;
  if (products.nodes.length === 0) {
    return search === '' ? (
      <EmptyState icon={SearchX} title={t('catalogue.none.title')} text={t('catalogue.none.text')} />
    ) : (
      <EmptyState
        icon={SearchX}
        title={t('catalogue.notFound.title', { search })}
        text={t('catalogue.notFound.text')}
      />
    );
  }
  const { hasNextPage, endCursor } = products.pageInfo;
  return (
    <>
      <ul className={GRID}>
        {products.nodes.map((product, index) => (
          <li key={product.id} className="grid">
            <ProductCard product={product} first={index < SEEN_AT_ONCE} />
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div className="mt-8 text-center">
          <Button
            look="secondary"
            busy={fetching || stale}
            onClick={() => setMore({ search, after: endCursor ?? null })}
          >
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
    <div className={GRID} role="status" aria-label={t('common.loading')}>
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className="overflow-hidden rounded-2xl border border-line bg-raised">
          <Skeleton className="aspect-4/3 rounded-none" />
          <div className="space-y-2 p-4">
            <Skeleton className="h-4 w-1/3" />
            <Skeleton className="h-5 w-3/4" />
            <Skeleton className="mt-4 h-5 w-1/2" />
          </div>
        </div>
      ))}
    </div>
  );
}
