import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { OrderSummaryFragment } from '@/api/generated/graphql';
import { paths } from '@/app/paths';
import { cart } from '@/features/cart/cart';
import { plainPrice } from '@/shared/money/price';
import { Button } from '@/shared/ui/Button';

/** Puts the lines of an order into the cart once more; the cart tells what has changed since. */
export function OrderAgain({ order }: { order: OrderSummaryFragment }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const again = () => {
    for (const { productId, name, unitPrice, quantity } of order.lines) {
      cart.add({
        product: productId,
        shop: order.shop.id,
        name: { ko: name.ko ?? null, en: name.en ?? null },
        seenPrice: plainPrice(unitPrice),
        quantity,
      });
    }
    navigate(paths.cart);
  };
  return (
    <Button look="secondary" size="small" onClick={again}>
      {t('order.again')}
    </Button>
  );
}
