import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { answered } from '@/api/errors';
import { ListProductDocument } from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { Card } from '@/shared/ui/Card';
import { PageTitle } from '@/shared/ui/PageTitle';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import { type ProductInput, ProductForm } from './ProductForm';

/** Lists a product; image, stock and sale follow on its own page. */
export function NewProductPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [, go] = useLocation();
  const [, list] = useMutation(ListProductDocument);
  const [key, setKey] = useState(newIdempotencyKey);
  const save = async (given: ProductInput) => {
    const { data, error } = await list({ input: { idempotencyKey: key, shop: shop.id, ...given } });
    // What is changed after a refusal is another request.
    setKey(newIdempotencyKey());
    const { productId } = answered(data?.listProduct, error);
    if (productId) go(ownerPaths.product(shop.id, productId));
  };
  return (
    <div className="mx-auto max-w-3xl">
      <PageTitle>{t('newProduct.title')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('newProduct.about')}</p>
      <Card>
        <ProductForm submit={t('newProduct.submit')} save={save} />
      </Card>
    </div>
  );
}
