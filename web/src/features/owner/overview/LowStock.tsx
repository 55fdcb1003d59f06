import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OwnProductFragment } from '@/api/generated/graphql';
import { Card } from '@/shared/ui/Card';
import { useLocalized } from '@/shared/useLocalized';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';

/** Products of which no more are left than the owner wants to have. */
export function LowStock({ products }: { products: readonly OwnProductFragment[] }) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const localized = useLocalized();
  return (
    <Card aria-labelledby="low">
      <h2 id="low" className="mb-3 font-bold">
        {t('low.title')}
      </h2>
      {products.length === 0 && <p className="text-sm text-ink-soft">{t('low.none')}</p>}
      <ul className="space-y-3">
        {products.map((product) => (
          <li key={product.id} className="flex items-baseline justify-between gap-3 text-sm">
            <Link href={ownerPaths.product(shop.id, product.id)} className="min-w-0 font-medium hover:underline">
              {localized(product.name)}
            </Link>
            <span className="font-semibold whitespace-nowrap text-warn tabular-nums">
              {t('low.left', { available: product.available, mark: product.lowStockMark ?? 0 })}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
