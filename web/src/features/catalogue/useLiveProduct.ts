import { useQuery, useSubscription } from 'urql';
import { ProductDocument, StockDocument } from '@/api/generated/graphql';

/**
 * A product, with its stock as it changes. The subscription begins where the answer ends, and what it tells goes into
 * the cache, from which everything on the page is drawn.
 */
export function useLiveProduct(id: string) {
  const [{ data, fetching, error }] = useQuery({ query: ProductDocument, variables: { id } });
  const product = data?.product ?? null;
  useSubscription({ query: StockDocument, variables: { product: id }, pause: product === null });
  return { product, fetching, error };
}
