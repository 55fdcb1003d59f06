import type { PriceFragment } from '@/api/generated/graphql';
import { type Remembered, remember } from '@/shared/remember';

/** Pieces of one line that the API takes at most. */
export const MOST_PIECES = 1_000_000_000;

/** What the customer put into the cart, with what they saw then. */
export interface CartLine {
  product: string;
  shop: string;
  name: { ko: string | null; en: string | null };
  /** What one piece cost when the customer saw it last: an order at another price is refused. */
  seenPrice: PriceFragment;
  quantity: number;
}

export interface Cart {
  now: () => readonly CartLine[];
  subscribe: (listener: () => void) => () => void;
  /** Puts pieces of a product in, at the price that is seen now. */
  add: (line: CartLine) => void;
  /** Zero takes the line out. */
  setQuantity: (product: string, quantity: number) => void;
  acceptPrice: (product: string, price: PriceFragment) => void;
  /** Takes the lines of a shop out: they were ordered. */
  clear: (shop: string) => void;
}

/** A cart that survives a reload and is the same in every tab. An order is of one shop; a cart may be of several. */
export function makeCart(kept: Remembered, otherTabs: Pick<Window, 'addEventListener'>): Cart {
  let lines = read(kept.get());
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listener) => listener());
  const write = (next: readonly CartLine[]) => {
    lines = next;
    kept.set(next.length === 0 ? null : JSON.stringify(next));
    tell();
  };
  const change = (product: string, by: (line: CartLine) => CartLine) =>
    write(lines.map((line) => (line.product === product ? by(line) : line)));
  otherTabs.addEventListener('storage', () => {
    lines = read(kept.get());
    tell();
  });

  return {
    now: () => lines,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(line) {
      const known = lines.find(({ product }) => product === line.product);
      const quantity = bounded((known?.quantity ?? 0) + line.quantity);
      const next = { ...line, quantity };
      write(known ? lines.map((old) => (old === known ? next : old)) : [...lines, next]);
    },
    setQuantity(product, quantity) {
      if (quantity <= 0) write(lines.filter((line) => line.product !== product));
      else change(product, (line) => ({ ...line, quantity: bounded(quantity) }));
    },
    acceptPrice: (product, seenPrice) => change(product, (line) => ({ ...line, seenPrice })),
    clear: (shop) => write(lines.filter((line) => line.shop !== shop)),
  };
}

export const cart = makeCart(remember('cart'), window);

function bounded(quantity: number): number {
  return Math.min(Math.max(1, Math.trunc(quantity)), MOST_PIECES);
}

/** What is no cart of ours (an old version's, or someone's own) is an empty one. */
function read(text: string | null): readonly CartLine[] {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isLine) : [];
  } catch {
    return [];
  }
}

function isLine(value: unknown): value is CartLine {
  const { product, shop, name, seenPrice, quantity } = (value ?? {}) as Partial<CartLine>;
  return (
    typeof product === 'string' &&
    typeof shop === 'string' &&
    typeof name === 'object' &&
    typeof seenPrice?.currency === 'string' &&
    /^[0-9]+$/.test(seenPrice.amount) &&
    Number.isSafeInteger(quantity) &&
    (quantity ?? 0) > 0
  );
}
