import type { PriceFragment, ProductCardFragment, UserErrorFragment } from '@/api/generated/graphql';
import { plainPrice, samePrice } from '@/shared/money/price';
import type { CartLine } from './cart';

export type LineProblem =
  | { kind: 'gone' }
  | { kind: 'soldOut' }
  | { kind: 'tooMany'; available: number }
  | { kind: 'priceChanged'; price: PriceFragment };

/** A product as a refused order knew it: read models are a moment later than what decides. */
export function asRefused(product: ProductCardFragment, refusal: UserErrorFragment | undefined): ProductCardFragment {
  const { available, price } = product;
  return { ...product, available: refusal?.available ?? available, price: refusal?.currentPrice ?? price };
}

/** Why the shop would refuse a line, as the product is now. */
export function problemOf(line: CartLine, product: ProductCardFragment | null): LineProblem | null {
  if (!product?.published || !product.price) return { kind: 'gone' };
  if (product.available === 0) return { kind: 'soldOut' };
  if (product.available < line.quantity) return { kind: 'tooMany', available: product.available };
  if (!samePrice(product.price, line.seenPrice)) {
    return { kind: 'priceChanged', price: plainPrice(product.price) };
  }
  return null;
}
