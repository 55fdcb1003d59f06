import type { PriceFragment } from '@/api/generated/graphql';
import { baseUnits } from './units';

/** What lines cost together; null when there are none, or when they are priced in different tokens. */
export function total(lines: readonly { price: PriceFragment; quantity: number }[]): PriceFragment | null {
  const [first] = lines;
  if (first === undefined || lines.some((line) => line.price.token !== first.price.token)) return null;
  const amount = lines.reduce((sum, line) => sum + baseUnits(line.price.amount) * BigInt(line.quantity), 0n);
  return { token: first.price.token, amount: amount.toString() };
}

/** Whether two prices are the same: amount and token. */
export function samePrice(one: PriceFragment, other: PriceFragment): boolean {
  return one.token === other.token && one.amount === other.amount;
}
