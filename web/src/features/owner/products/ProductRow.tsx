import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OwnProductFragment } from '@/api/generated/graphql';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { Amount } from '@/shared/money/Amount';
import { useLocalized } from '@/shared/useLocalized';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import { SaleBadge } from './SaleBadge';

export function ProductRow({ product }: { product: OwnProductFragment }) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const localized = useLocalized();
  return (
    <article className="relative flex items-center gap-4 rounded-2xl border border-line bg-raised p-3.5 hover:border-line-strong/60">
      <ProductPicture id={product.id} image={product.image} size="small" className="size-16 shrink-0 rounded-xl" />
      <div className="flex min-w-0 grow flex-wrap items-center justify-between gap-x-6 gap-y-1.5">
        <div className="min-w-0">
          <h2 className="leading-snug font-semibold">
            <Link href={ownerPaths.product(shop.id, product.id)} className="after:absolute after:inset-0">
              {localized(product.name)}
            </Link>
          </h2>
          <p className="mt-0.5 text-sm text-ink-soft">
            {product.price ? <Amount price={product.price} /> : t('products.noPrice')}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <span className="text-sm text-ink-soft tabular-nums">
            {t('products.stock', { available: product.available, onHand: product.onHand ?? 0 })}
          </span>
          <SaleBadge product={product} />
        </div>
      </div>
    </article>
  );
}
