import type { PriceFragment, PriceInput } from '@/api/generated/graphql';
import { baseUnits } from './units';

/** Whether two prices are in the same money: a fiat currency, or a token of a chain. */
export function sameCurrency(one: PriceFragment, other: PriceFragment): boolean {
  return one.fiat === other.fiat && one.chainId === other.chainId && one.token === other.token;
}

/** Whether two prices are the same: amount and currency. */
export function samePrice(one: PriceFragment, other: PriceFragment): boolean {
  return sameCurrency(one, other) && one.amount === other.amount;
}

/** What lines cost together; null when there are none, or when they are priced in different currencies. */
export function total(lines: readonly { price: PriceFragment; quantity: number }[]): PriceFragment | null {
  const [first] = lines;
  if (first === undefined || !lines.every(({ price }) => sameCurrency(price, first.price))) return null;
  const amount = lines.reduce((sum, { price, quantity }) => sum + baseUnits(price.amount) * BigInt(quantity), 0n);
  return { ...first.price, amount: amount.toString() };
}

/** A price as it is kept, without what the API client put to it. */
export function plainPrice({ currency, fiat, chainId, token, amount, decimals }: PriceFragment): PriceFragment {
  return { currency, fiat, chainId, token, amount, decimals };
}

/** A price as the API takes it back. */
export function priceInput({ fiat, chainId, token, amount }: PriceFragment): PriceInput {
  return fiat ? { fiat, amount } : { chainId, token, amount };
}
