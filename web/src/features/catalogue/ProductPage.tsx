import { PackageX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ProductQuery } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useLocalized } from '@/shared/useLocalized';
import { AddToCart } from './AddToCart';
import { ProductPicture } from './ProductPicture';
import { Stock } from './Stock';
import { useLiveProduct } from './useLiveProduct';

export function ProductPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const { product, fetching, error } = useLiveProduct(id);
  if (product) return <Details product={product} />;
  if (error && !fetching) return <QueryFault error={error} />;
  if (fetching) return <Placeholder />;
  return (
    <EmptyState icon={PackageX} title={t('product.gone.title')} text={t('product.gone.text')}>
      <Button asChild look="secondary">
        <Link href={paths.catalogue}>{t('product.gone.back')}</Link>
      </Button>
    </EmptyState>
  );
}

const LAYOUT = 'grid gap-6 md:grid-cols-2 md:gap-10';

function Details({ product }: { product: NonNullable<ProductQuery['product']> }) {
  const localized = useLocalized();
  const description = localized(product.description);
  return (
    <div className={LAYOUT}>
      <ProductPicture
        id={product.id}
        image={product.large}
        first
        className="aspect-4/3 w-full rounded-2xl md:aspect-square"
      />
      <div>
        <p className="mb-1 text-sm text-ink-soft">{localized(product.shop.name)}</p>
        <PageTitle>{localized(product.name)}</PageTitle>
        <div className="mb-6 flex flex-wrap items-baseline justify-between gap-3 border-b border-line pb-6">
          {product.price && (
            <p className="text-2xl font-bold">
              <Amount price={product.price} />
            </p>
          )}
          <p aria-live="polite">
            <Stock available={product.available} />
          </p>
        </div>
        <AddToCart product={product} />
        {description !== '' && <p className="mt-8 leading-relaxed whitespace-pre-line text-ink-soft">{description}</p>}
      </div>
    </div>
  );
}

function Placeholder() {
  const { t } = useTranslation();
  return (
    <div className={LAYOUT} role="status" aria-label={t('common.loading')}>
      <Skeleton className="aspect-4/3 md:aspect-square" />
      <div className="space-y-4">
        <Skeleton className="h-4 w-24" />
        <Skeleton className="h-9 w-3/4" />
        <Skeleton className="h-8 w-1/2" />
        <Skeleton className="mt-10 h-12 w-full" />
      </div>
    </div>
  );
}
