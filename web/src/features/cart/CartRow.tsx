import { Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { paths } from '@/app/paths';
import { ProductPicture } from '@/features/catalogue/ProductPicture';
import { useLiveProduct } from '@/features/catalogue/useLiveProduct';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { QuantityField } from '@/shared/ui/QuantityField';
import { useLocalized } from '@/shared/useLocalized';
import { cart, type CartLine, MOST_PIECES } from './cart';
import { LineProblem } from './LineProblem';

/** A line of the cart, beside the product as it is now. */
export function CartRow({ line }: { line: CartLine }) {
  const { t } = useTranslation();
  const localized = useLocalized();
  const { product, fetching, error } = useLiveProduct(line.product);
  const name = localized(product?.name ?? line.name);
  const known = !fetching && !error;
  return (
    <li className="py-4">
      <div className="flex gap-4">
        <ProductPicture
          id={line.product}
          image={product?.image ?? null}
          size="small"
          className="size-18 shrink-0 rounded-xl sm:size-20"
        />
        <div className="grid min-w-0 grow gap-3 sm:grid-cols-[1fr_auto_8rem] sm:items-center">
          <div className="min-w-0">
            <Link href={paths.product(line.product)} className="font-semibold hover:underline">
              {name}
            </Link>
            <p className="text-sm text-ink-soft">
              <Amount price={line.seenPrice} />
            </p>
          </div>
          <div className="flex items-center gap-2">
            <QuantityField
              value={line.quantity}
              max={Math.max(line.quantity, product?.available ?? MOST_PIECES)}
              onChange={(quantity) => cart.setQuantity(line.product, quantity)}
              of={name}
            />
            <Button
              look="quiet"
              size="icon"
              aria-label={t('cart.remove', { of: name })}
              onClick={() => cart.setQuantity(line.product, 0)}
            >
              <Trash2 aria-hidden className="size-4 text-ink-soft" />
            </Button>
          </div>
          <p className="font-semibold sm:text-right">
            <Amount price={line.seenPrice} times={line.quantity} />
          </p>
        </div>
      </div>
      {known && <LineProblem line={line} product={product} />}
    </li>
  );
}
