import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceFragment } from '@/api/generated/graphql';
import { daysUntil, heights, seriesOf, today } from './days';

const price = (currency: string, amount: string): PriceFragment => ({
  currency,
  fiat: null,
  chainId: '1',
  token: currency === 'ETH' ? '0x0000000000000000000000000000000000000000' : `0x${'11'.repeat(20)}`,
  amount,
  decimals: 18,
});

describe('days', () => {
  it('follow each other over ends of months and leap days', () => {
    expect(daysUntil('2028-03-01', 3)).toEqual(['2028-02-28', '2028-02-29', '2028-03-01']);
    expect(daysUntil('2026-01-01', 2)).toEqual(['2025-12-31', '2026-01-01']);
  });

  it('begin where the owner is', () => {
    const late = Date.parse('2026-01-30T15:30:00Z');
    expect(today(late, 'UTC')).toBe('2026-01-30');
    expect(today(late, 'Asia/Seoul')).toBe('2026-01-31');
  });
});

describe('series', () => {
  const days = ['2026-01-01', '2026-01-02'];

  it('keep tokens apart, add up exactly, and have a zero for a day without sales', () => {
    const large = (2n ** 200n).toString();
    const [usdt, eth] = seriesOf(
      [
        { day: '2026-01-01', orders: 1, total: price('ETH', large) },
        { day: '2026-01-01', orders: 3, total: price('USDT', '5') },
        { day: '2026-01-02', orders: 1, total: price('ETH', '1') },
      ],
      days,
    );
    expect(usdt).toMatchObject({ sum: 5n, orders: 3, days: [{ amount: 5n }, { amount: 0n, orders: 0 }] });
    expect(eth).toMatchObject({ sum: 2n ** 200n + 1n, orders: 2 });
  });

  it('are none without sales', () => {
    expect(seriesOf([], days)).toEqual([]);
  });
});

describe('heights', () => {
  it('keep the order of the amounts, and the highest is whole', () => {
    const amounts = fc.array(fc.bigInt(0n, 2n ** 256n - 1n), { minLength: 1, maxLength: 92 });
    fc.assert(
      fc.property(amounts, (given) => {
        const days = given.map((amount) => ({ day: '', amount, orders: 1 }));
        const high = heights(days);
        expect(Math.max(...high)).toBe(given.every((amount) => amount === 0n) ? 0 : 10_000);
        given.forEach((amount, one) =>
          given.forEach((other, two) => {
            if (amount > other) expect(high[one]).toBeGreaterThanOrEqual(high[two] ?? 0);
          }),
        );
      }),
    );
  });
});
