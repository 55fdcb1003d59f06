import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { Card } from '@/shared/ui/Card';
import { useLocalized } from '@/shared/useLocalized';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import type { Overview } from './OverviewPage';

const SHOWN = 5;

export function BestSellers({ sellers }: { sellers: Overview['sales']['bestSellers'] }) {
  const { t, i18n } = useTranslation('owner');
  const { shop } = useOwnShop();
  const localized = useLocalized();
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <Card aria-labelledby="best">
      <h2 id="best" className="mb-3 font-bold">
        {t('best.title')}
      </h2>
      {sellers.length === 0 && <p className="text-sm text-ink-soft">{t('best.none')}</p>}
      <ol className="space-y-3">
        {sellers.slice(0, SHOWN).map(({ productId, pieces, product }) => (
          <li key={productId} className="flex items-center gap-3 text-sm">
            <ProductPicture
              id={productId}
              image={product?.image ?? null}
              size="small"
              className="size-10 shrink-0 rounded-lg"
            />
            <Link href={ownerPaths.product(shop.id, productId)} className="min-w-0 grow font-medium hover:underline">
              {product ? localized(product.name) : productId}
            </Link>
            <span className="font-semibold tabular-nums">
              {t('best.pieces', { pieces: number.format(BigInt(pieces)) })}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
