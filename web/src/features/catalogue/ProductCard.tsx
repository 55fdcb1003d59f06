import { Link } from 'wouter';
import type { ProductCardFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { Amount } from '@/shared/money/Amount';
import { useLocalized } from '@/shared/useLocalized';
import { ProductPicture } from './ProductPicture';
import { Stock } from './Stock';

/** `first` is for those that are seen as soon as the page is. */
export function ProductCard({ product, first = false }: { product: ProductCardFragment; first?: boolean }) {
  const localized = useLocalized();
  return (
    <article className="group relative flex flex-col overflow-hidden rounded-2xl border border-line bg-raised transition-shadow hover:shadow-lg hover:shadow-black/5">
      <ProductPicture id={product.id} image={product.image} first={first} className="aspect-4/3 w-full" />
      <div className="flex grow flex-col gap-1 p-4">
        <p className="text-xs text-ink-soft">{localized(product.shop.name)}</p>
        <h2 className="leading-snug font-semibold">
          <Link href={paths.product(product.id)} className="after:absolute after:inset-0 group-hover:underline">
            {localized(product.name)}
          </Link>
        </h2>
        <div className="mt-auto flex flex-wrap items-baseline justify-between gap-x-3 gap-y-1 pt-3">
          {product.price && (
            <span className="font-bold">
              <Amount price={product.price} />
            </span>
          )}
          <Stock available={product.available} />
        </div>
      </div>
    </article>
  );
}
