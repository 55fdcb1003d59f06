import { ArrowLeft, PackageX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation, useQuery } from 'urql';
import { Link } from 'wouter';
import { answered } from '@/api/errors';
import {
  ChangePriceDocument,
  OwnProductDocument,
  type OwnProductFragment,
  ReviseProductDocument,
} from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Card } from '@/shared/ui/Card';
import { EmptyState } from '@/shared/ui/EmptyState';
import { Notice } from '@/shared/ui/Notice';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useLocalized } from '@/shared/useLocalized';
import { ownerPaths } from '../ownerPaths';
import { useAskedAnew, useOwnShop } from '../ShopContext';
import { ImageField } from './ImageField';
import { type ProductInput, ProductForm } from './ProductForm';
import { PublishButton } from './PublishButton';
import { SaleBadge } from './SaleBadge';
import { StockPanel } from './StockPanel';

export function ProductEditPage({ id }: { id: string }) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [{ data, fetching, error }, look] = useQuery({ query: OwnProductDocument, variables: { id } });
  useAskedAnew(() => look({ requestPolicy: 'network-only' }));
  const product = data?.product;
  return (
    <>
      <Link
        href={ownerPaths.products(shop.id)}
        className="mb-3 inline-flex min-h-9 items-center gap-1.5 text-sm font-medium text-ink-soft hover:text-ink"
      >
        <ArrowLeft aria-hidden className="size-4" /> {t('tab.products')}
      </Link>
      {product ? (
        <Edit product={product} />
      ) : error && !fetching ? (
        <QueryFault error={error} />
      ) : fetching ? (
        <Skeleton className="h-96 rounded-2xl" />
      ) : (
        <EmptyState icon={PackageX} title={t('noProduct.title')} text={t('noProduct.text')} />
      )}
    </>
  );
}

function Edit({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const localized = useLocalized();
  const [saved, setSaved] = useState(false);
  const save = useSave(product);
  return (
    <>
      <PageTitle beside={<PublishButton product={product} />}>{localized(product.name)}</PageTitle>
      <p className="-mt-4 mb-6">
        <SaleBadge product={product} />
      </p>
      <div className="grid gap-5 lg:grid-cols-[1fr_21rem] lg:items-start">
        <Card className="lg:order-none">
          <ProductForm
            product={product}
            submit={t('form.save')}
            save={async (input) => {
              setSaved(false);
              await save(input);
              setSaved(true);
            }}
          />
          {saved && (
            <div className="mt-4">
              <Notice tone="good">{t('form.saved')}</Notice>
            </div>
          )}
        </Card>
        <div className="space-y-5">
          <StockPanel product={product} />
          <ImageField product={product} />
        </div>
      </div>
    </>
  );
}

/** Texts and price are written apart; what did not change is not written. */
function useSave(product: OwnProductFragment) {
  const [, revise] = useMutation(ReviseProductDocument);
  const [, reprice] = useMutation(ChangePriceDocument);
  return async ({ name, description, price }: ProductInput): Promise<void> => {
    const written = await revise({
      input: { idempotencyKey: newIdempotencyKey(), product: product.id, name, description },
    });
    answered(written.data?.reviseProduct, written.error);
    if (price === null) return;
    const priced = await reprice({ input: { idempotencyKey: newIdempotencyKey(), product: product.id, price } });
    answered(priced.data?.changePrice, priced.error);
  };
}
