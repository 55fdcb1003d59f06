import { describe, expect, it, vi } from 'vitest';
import type { Remembered } from '@/shared/remember';
import { type CartLine, makeCart, MOST_PIECES } from './cart';

function memory(text: string | null = null): Remembered & { text: string | null } {
  return {
    text,
    get() {
      return this.text;
    },
    set(next) {
      this.text = next;
    },
  };
}

const ether = { currency: 'ETH', fiat: null, chainId: '1', token: '0x0', decimals: 18 } as const;
const tea: CartLine = {
  product: 'tea',
  shop: 'tea-house',
  name: { ko: '녹차', en: 'Green tea' },
  seenPrice: { ...ether, amount: '3000000000000000' },
  quantity: 2,
};
const pot: CartLine = { ...tea, product: 'pot', quantity: 1 };
const book: CartLine = { ...tea, product: 'book', shop: 'book-shop', quantity: 1 };

describe('a cart', () => {
  it('survives a reload', () => {
    const kept = memory();
    makeCart(kept, new EventTarget()).add(tea);
    expect(makeCart(kept, new EventTarget()).now()).toEqual([tea]);
  });

  it('sums pieces of the same product, at the price that was seen last', () => {
    const cart = makeCart(memory(), new EventTarget());
    cart.add(tea);
    const dearer = { ...ether, amount: '4' };
    cart.add({ ...tea, quantity: 3, seenPrice: dearer });
    expect(cart.now()).toEqual([{ ...tea, quantity: 5, seenPrice: dearer }]);
  });

  it('forgets the lines of a shop that were ordered, and no others', () => {
    const cart = makeCart(memory(), new EventTarget());
    [tea, pot, book].forEach((line) => cart.add(line));
    cart.clear('tea-house');
    expect(cart.now()).toEqual([book]);
  });

  it('takes a line out at zero pieces, and takes no more than the API does', () => {
    const cart = makeCart(memory(), new EventTarget());
    cart.add(tea);
    cart.setQuantity('tea', MOST_PIECES * 2);
    expect(cart.now()[0]?.quantity).toBe(MOST_PIECES);
    cart.setQuantity('tea', 0);
    expect(cart.now()).toEqual([]);
  });

  it('is the same in every tab', () => {
    const [kept, window] = [memory(), new EventTarget()];
    const here = makeCart(kept, window);
    const told = vi.fn();
    here.subscribe(told);
    makeCart(kept, new EventTarget()).add(tea);
    window.dispatchEvent(new Event('storage'));
    expect(told).toHaveBeenCalledOnce();
    expect(here.now()).toEqual([tea]);
  });

  it.each(['{', '7', 'null', '[{"product":1}]', '[null]', JSON.stringify([{ ...tea, quantity: 0.5 }])])(
    'is empty when what was kept is none of ours: %s',
    (text) => {
      expect(makeCart(memory(text), new EventTarget()).now()).toEqual([]);
    },
  );
});
