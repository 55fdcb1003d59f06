import { ShoppingBag } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { ProductCardFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { cart } from '@/features/cart/cart';
import { useCart } from '@/features/cart/useCart';
import { plainPrice } from '@/shared/money/price';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import { QuantityField } from '@/shared/ui/QuantityField';
import { useLocalized } from '@/shared/useLocalized';

/** Puts pieces into the cart, as many as there are. */
export function AddToCart({ product }: { product: ProductCardFragment }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const inCart = useCart().find((line) => line.product === product.id)?.quantity ?? 0;
  const [quantity, setQuantity] = useState(1);
  const { price } = product;
  if (!product.published || !price) return <Notice tone="info">{t('product.notForSale')}</Notice>;
  if (product.available === 0) return <Notice tone="warn">{t('product.soldOut')}</Notice>;

  const room = Math.max(0, product.available - inCart);
  const add = () => {
    const name = { ko: product.name.ko ?? null, en: product.name.en ?? null };
    cart.add({
      product: product.id,
      shop: product.shop.id,
      name,
      seenPrice: plainPrice(price),
      quantity: Math.min(quantity, room),
    });
    setQuantity(1);
  };
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap gap-3">
        <QuantityField
          value={Math.min(quantity, Math.max(1, room))}
          max={room}
          onChange={setQuantity}
          of={localized(product.name)}
        />
        <Button className="grow" onClick={add} disabled={room === 0}>
          <ShoppingBag aria-hidden className="size-4" />
          {t('product.addToCart')}
        </Button>
      </div>
      <div aria-live="polite" className="min-h-12">
        {inCart > 0 && (
          <Notice
            tone={room === 0 ? 'warn' : 'good'}
            action={
              <Button asChild look="secondary" size="small">
                <Link href={paths.cart}>{t('cart.title')}</Link>
              </Button>
            }
          >
            {t(room === 0 ? 'product.allInCart' : 'product.inCart', { count: inCart })}
          </Notice>
        )}
      </div>
    </div>
  );
}
