import { ShoppingBag } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { paths } from '@/app/paths';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { ShopCart } from './ShopCart';
import { useCart } from './useCart';

/** The cart. An order is of one shop, so each shop's lines stand by themselves. */
export function CartPage() {
  const { t } = useTranslation();
  const lines = useCart();
  const shops = [...new Set(lines.map((line) => line.shop))];
  return (
    <>
      <PageTitle>{t('cart.title')}</PageTitle>
      {shops.length === 0 && (
        <EmptyState icon={ShoppingBag} title={t('cart.empty.title')} text={t('cart.empty.text')}>
          <Button asChild>
            <Link href={paths.catalogue}>{t('cart.empty.browse')}</Link>
          </Button>
        </EmptyState>
      )}
      <div className="space-y-6">
        {shops.map((shop) => (
          <ShopCart key={shop} shop={shop} lines={lines.filter((line) => line.shop === shop)} />
        ))}
      </div>
    </>
  );
}
