import { PackagePlus, Search } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { Link, useSearchParams } from 'wouter';
import { OwnProductsDocument } from '@/api/generated/graphql';
import { useSettled } from '@/shared/time/useSettled';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Pages, usePages } from '../Pages';
import { Placeholders } from '../Placeholders';
import { SearchField } from '../SearchField';
import { ownerPaths } from '../ownerPaths';
import { useAskedAnew, useOwnShop } from '../ShopContext';
import { Toggle } from '../Toggle';
import { ProductRow } from './ProductRow';

const PAGE = 20;
const TYPING_MS = 250;

export function ProductsPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [params, setParams] = useSearchParams();
  const lowStock = params.get('low') === '1';
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim(), TYPING_MS);
  const pages = usePages(`${search} ${lowStock}`);
  const variables = { shop: shop.id, search, lowStock, first: PAGE, after: pages.after };
  const [{ data, fetching, error }, look] = useQuery({ query: OwnProductsDocument, variables });
  useAskedAnew(() => look({ requestPolicy: 'network-only' }));
  const products = data?.shop?.products;
  const filtered = search !== '' || lowStock;
  return (
    <>
      <PageTitle
        beside={
          <Button asChild className="max-sm:w-full">
            <Link href={ownerPaths.newProduct(shop.id)}>
              <PackagePlus aria-hidden className="size-4" /> {t('newProduct.title')}
            </Link>
          </Button>
        }
      >
        {t('tab.products')}
      </PageTitle>
      <div className="mb-5 flex flex-wrap items-center gap-3">
        <SearchField label={t('products.search')} value={typed} onChange={setTyped} />
        <Toggle pressed={lowStock} onChange={(on) => setParams(on ? { low: '1' } : {}, { replace: true })}>
          {t('products.low')}
        </Toggle>
      </div>
      {!products && (error && !fetching ? <QueryFault error={error} /> : <Placeholders height="h-24" />)}
      {products?.nodes.length === 0 &&
        (filtered ? (
          <EmptyState icon={Search} title={t('products.notFound.title')} text={t('products.notFound.text')} />
        ) : (
          <EmptyState icon={PackagePlus} title={t('products.none.title')} text={t('products.none.text')}>
            <Button asChild>
              <Link href={ownerPaths.newProduct(shop.id)}>{t('newProduct.title')}</Link>
            </Button>
          </EmptyState>
        ))}
      <ul className="space-y-3">
        {products?.nodes.map((product) => (
          <li key={product.id}>
            <ProductRow product={product} />
          </li>
        ))}
      </ul>
      <Pages pages={pages} info={products?.pageInfo} busy={fetching} />
    </>
  );
}
