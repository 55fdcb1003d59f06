import type { LocalizedTextInput, OrderStatus, PriceInput } from '@/api/generated/graphql';
import type { Asset } from '@/shared/money/useTokens';
import { fromDecimal, toDecimal } from '@/shared/money/units';
import { baseUnits } from '@/shared/money/units';

export function isAddress(text: string): text is `0x${string}` {
  return /^0x[0-9a-fA-F]{40}$/.test(text);
}

/** A text in two languages as the API takes it; what shows nothing is none. */
export function textInput(ko: string, en: string): LocalizedTextInput {
  return { ko: ko.trim() || null, en: en.trim() || null };
}

/** What a price can be in. */
export type Denomination =
  { kind: 'fiat'; fiat: 'KRW' | 'USD'; symbol: string; decimals: number } | ({ kind: 'token' } & Asset);

/** Digits after the point of each fiat currency (ISO 4217). */
const FIATS = { KRW: 0, USD: 2 } as const;

/** Everything that a price can be in: the tokens that are taken, and fiat money that one of them has a rate in. */
export function denominations(
  assets: readonly (Asset & { fiats: readonly ('KRW' | 'USD')[] })[],
): readonly Denomination[] {
  const fiats = (['KRW', 'USD'] as const).filter((fiat) => assets.some((asset) => asset.fiats.includes(fiat)));
  return [
    ...fiats.map((fiat) => ({ kind: 'fiat', fiat, symbol: fiat, decimals: FIATS[fiat] }) as const),
    ...assets.map(({ chainId, token, symbol, decimals }) => ({
      kind: 'token' as const,
      chainId,
      token,
      symbol,
      decimals,
    })),
  ];
}

export function denominationKey(denomination: Denomination): string {
  return denomination.kind === 'fiat'
    ? denomination.fiat
    : `${denomination.chainId} ${denomination.token.toLowerCase()}`;
}

/** What was typed as a price; null when it is none: not a number, finer than the money is, or nothing. */
export function typedPrice(text: string, denomination: Denomination): PriceInput | null {
  const amount = fromDecimal(text.replaceAll(',', ''), denomination.decimals);
  if (amount === null || amount === 0n) return null;
  const units = amount.toString();
  return denomination.kind === 'fiat'
    ? { fiat: denomination.fiat, amount: units }
    : { chainId: denomination.chainId, token: denomination.token, amount: units };
}

/** A price as it stands in a field. */
export function shownPrice(amount: string, decimals: number): string {
  return toDecimal(baseUnits(amount), decimals);
}

/** Pieces that were typed, within bounds; null when they are none. */
export function typedPieces(text: string, least: number, most = 1_000_000_000): number | null {
  if (!/^-?[0-9]{1,10}$/.test(text.trim())) return null;
  const pieces = Number(text);
  return pieces >= least && pieces <= most ? pieces : null;
}

/** What an owner looks at, and the states that it means. */
export const VIEWS = {
  toApprove: ['PAID'],
  toShip: ['APPROVED'],
  underWay: ['SHIPPED'],
  unpaid: ['AWAITING_PAYMENT'],
  done: ['DELIVERED', 'COMPLETED'],
  off: ['CANCELLED', 'REJECTED', 'EXPIRED', 'REFUNDED'],
  all: [],
} satisfies Record<string, OrderStatus[]>;

export type View = keyof typeof VIEWS;

export function isView(text: string | null): text is View {
  return text !== null && Object.hasOwn(VIEWS, text);
}

interface Counted {
  readonly status: OrderStatus;
  readonly count: number;
  readonly more: boolean;
}

/** How many orders a view has: a number, or that there are more than were counted. */
export function countOf(view: View, counts: readonly Counted[]): { count: number; more: boolean } {
  const states: readonly OrderStatus[] = VIEWS[view];
  const counted = counts.filter(({ status }) => states.length === 0 || states.includes(status));
  return {
    count: counted.reduce((sum, { count }) => sum + count, 0),
    more: counted.some(({ more }) => more),
  };
}
