import { describe, expect, it } from 'vitest';
import type { ProductCardFragment, UserErrorFragment } from '@/api/generated/graphql';
import type { CartLine } from './cart';
import { asRefused, problemOf } from './problemOf';

const ether = { currency: 'ETH', fiat: null, chainId: '1', token: '0x0', decimals: 18 } as const;
const price = { ...ether, amount: '3' };
const dearer = { ...ether, amount: '4' };
const line: CartLine = { product: 'tea', shop: 's', name: { ko: null, en: 'Tea' }, seenPrice: price, quantity: 2 };
const product: ProductCardFragment = {
  id: 'tea',
  name: { ko: null, en: 'Tea' },
  price,
  image: null,
  published: true,
  available: 2,
  shop: { id: 's', name: { ko: null, en: 'Shop' } },
};

describe('a line of the cart', () => {
  it('is fine as long as there is enough at the price that was seen', () => {
    expect(problemOf(line, product)).toBeNull();
  });

  it('says what is in the way, what is worst first', () => {
    expect(problemOf(line, null)).toEqual({ kind: 'gone' });
    expect(problemOf(line, { ...product, published: false })).toEqual({ kind: 'gone' });
    expect(problemOf(line, { ...product, available: 0, price: dearer })).toEqual({ kind: 'soldOut' });
    expect(problemOf(line, { ...product, available: 1, price: dearer })).toEqual({ kind: 'tooMany', available: 1 });
    expect(problemOf(line, { ...product, price: dearer })).toEqual({ kind: 'priceChanged', price: dearer });
  });

  it('believes a refused order more than the page', () => {
    const refusal: UserErrorFragment = {
      code: 'PRICE_CHANGED',
      field: [],
      productId: 'tea',
      available: null,
      currentPrice: dearer,
      payableWith: null,
    };
    expect(problemOf(line, asRefused(product, refusal))).toEqual({ kind: 'priceChanged', price: dearer });
    const short: UserErrorFragment = { ...refusal, code: 'OUT_OF_STOCK', available: 1, currentPrice: null };
    expect(problemOf(line, asRefused(product, short))).toEqual({ kind: 'tooMany', available: 1 });
    expect(problemOf(line, asRefused(product, undefined))).toBeNull();
  });
});
