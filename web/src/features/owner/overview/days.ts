import type { PriceFragment } from '@/api/generated/graphql';
import { baseUnits } from '@/shared/money/units';

/** What came in on one day, as the API tells it. */
export interface DayRevenue {
  readonly day: string;
  readonly orders: number;
  readonly total: PriceFragment;
}

/** A day of a chart. */
export interface Day {
  day: string;
  amount: bigint;
  orders: number;
}

/** One token's days, each there once, with the sum of all. */
export interface Series {
  key: string;
  price: PriceFragment;
  sum: bigint;
  orders: number;
  days: Day[];
}

/** The days of a span, oldest first, `YYYY-MM-DD`. */
export function daysUntil(last: string, count: number): string[] {
  const end = Date.parse(`${last}T00:00:00Z`);
  return Array.from({ length: count }, (_, index) =>
    new Date(end - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}

/** Today where somebody is. */
export function today(now: number, timeZone: string): string {
  // The Swedish form of a date is that of RFC 3339.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(now);
}

/** What came in, by token: amounts of two tokens cannot be put together. What sold most orders comes first. */
export function seriesOf(revenue: readonly DayRevenue[], days: readonly string[]): Series[] {
  const series = new Map<string, Series>();
  for (const { day, orders, total } of revenue) {
    const key = `${total.chainId ?? ''} ${total.token ?? ''}`;
    const one =
      series.get(key) ??
      ({
        key,
        price: total,
        sum: 0n,
        orders: 0,
        days: days.map((name) => ({ day: name, amount: 0n, orders: 0 })),
      } satisfies Series);
    series.set(key, one);
    const amount = baseUnits(total.amount);
    one.sum += amount;
    one.orders += orders;
    const at = one.days.find((known) => known.day === day);
    if (at) {
      at.amount += amount;
      at.orders += orders;
    }
  }
  return [...series.values()].sort((one, other) => other.orders - one.orders);
}

/** Steps of a bar's height; more than any screen has pixels. */
const HEIGHTS = 10_000n;

/** How high each day's bar is, 0 to 10,000: the only place where an amount becomes something else than itself. */
export function heights(days: readonly Day[]): number[] {
  const most = days.reduce((highest, { amount }) => (amount > highest ? amount : highest), 0n);
  return days.map(({ amount }) => (most === 0n ? 0 : Number((amount * HEIGHTS) / most)));
}
