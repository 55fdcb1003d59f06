import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderStatus } from '@/api/generated/graphql';
import {
  countOf,
  type Denomination,
  denominations,
  isAddress,
  isView,
  shownPrice,
  textInput,
  typedPieces,
  typedPrice,
  VIEWS,
} from './rules';

const COIN = '0x0000000000000000000000000000000000000000';
const ETH: Denomination = { kind: 'token', chainId: '1', token: COIN, symbol: 'ETH', decimals: 18 };
const WON: Denomination = { kind: 'fiat', fiat: 'KRW', symbol: 'KRW', decimals: 0 };

describe('a price that was typed', () => {
  it('is exact, however fine', () => {
    expect(typedPrice('0.000000000000000001', ETH)).toEqual({ chainId: '1', token: COIN, amount: '1' });
    expect(typedPrice('12,000', WON)).toEqual({ fiat: 'KRW', amount: '12000' });
  });

  it('is none when it is nothing, no number, or finer than its money', () => {
    for (const text of ['', '0', '0.0', '-1', '1e3', 'x', '1.2.3']) expect(typedPrice(text, ETH)).toBeNull();
    expect(typedPrice('1.5', WON)).toBeNull();
  });

  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 256n - 1n), (amount) => {
        expect(typedPrice(shownPrice(amount.toString(), 18), ETH)?.amount).toBe(amount.toString());
      }),
    );
  });
});

describe('what a price can be in', () => {
  const asset = { chainId: '1', token: COIN, symbol: 'ETH', decimals: 18 } as const;

  it('has fiat money only where a token has a rate in it', () => {
    expect(denominations([{ ...asset, fiats: [] }])).toEqual([ETH]);
    expect(denominations([{ ...asset, fiats: ['KRW'] }])).toEqual([WON, ETH]);
  });
});

describe('pieces that were typed', () => {
  it('are whole and within their bounds', () => {
    expect(typedPieces('7', 1)).toBe(7);
    expect(typedPieces(' -3 ', -100)).toBe(-3);
    for (const text of ['', '0', '1.5', '1000000001', '-1', 'a']) expect(typedPieces(text, 1)).toBeNull();
  });
});

describe('views', () => {
  it('have every state once, but for the one of all', () => {
    const states = Object.values(VIEWS).flat();
    expect(new Set(states).size).toBe(states.length);
    expect(states).toHaveLength(10);
    expect(isView('toShip')).toBe(true);
    for (const text of ['toString', '', null]) expect(isView(text)).toBe(false);
  });

  it('count their states, and say when they gave up', () => {
    const count = (status: OrderStatus, number: number, more = false) => ({ status, count: number, more });
    const counts = [count('PAID', 3), count('DELIVERED', 2), count('COMPLETED', 10_000, true)];
    expect(countOf('toApprove', counts)).toEqual({ count: 3, more: false });
    expect(countOf('done', counts)).toEqual({ count: 10_002, more: true });
    expect(countOf('all', counts)).toEqual({ count: 10_005, more: true });
    expect(countOf('toShip', counts)).toEqual({ count: 0, more: false });
  });
});

describe('small things', () => {
  it('are told apart', () => {
    expect(isAddress(COIN)).toBe(true);
    expect(isAddress(COIN.slice(2))).toBe(false);
    expect(textInput(' 차 ', '  ')).toEqual({ ko: '차', en: null });
  });
});
