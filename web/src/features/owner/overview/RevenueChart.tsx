import { useTranslation } from 'react-i18next';
import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis } from 'recharts';
import { formatAmount } from '@/shared/money/format';
import { heights, type Series } from './days';

/** A bar for each day. The heights are for the eye; what is said of a day is exact. */
export default function RevenueChart({ series }: { series: Series }) {
  const { t, i18n } = useTranslation('owner');
  const { price } = series;
  const high = heights(series.days);
  const date = new Intl.DateTimeFormat(i18n.language, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const bars = series.days.map(({ day, amount, orders }, index) => ({
    day: date.format(new Date(`${day}T00:00:00Z`)),
    height: high[index] ?? 0,
    amount: formatAmount(amount, { symbol: price.currency, decimals: price.decimals ?? 0 }, i18n.language),
    orders,
  }));
  return (
    <div aria-hidden className="h-44">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 320, height: 176 }}>
        <BarChart
          data={bars}
          margin={{ top: 4, right: 20, bottom: 0, left: 20 }}
          barCategoryGap="18%"
          accessibilityLayer={false}
        >
          <XAxis
            dataKey="day"
            tickLine={false}
            axisLine={{ stroke: 'var(--line)' }}
            tick={{ fill: 'var(--ink-soft)', fontSize: 11 }}
            interval="equidistantPreserveStart"
            minTickGap={28}
          />
          <Tooltip
            cursor={{ fill: 'var(--sunken)' }}
            isAnimationActive={false}
            content={({ active, payload }) => {
              const bar = payload[0]?.payload as (typeof bars)[number] | undefined;
              return active && bar ? (
                <div className="rounded-lg border border-line bg-raised px-3 py-2 text-sm shadow-lg">
                  <p className="text-ink-soft">{bar.day}</p>
                  <p className="font-semibold">{bar.amount}</p>
                  <p className="text-ink-soft">{t('sales.orders', { count: bar.orders })}</p>
                </div>
              ) : null;
            }}
          />
          <Bar dataKey="height" fill="var(--accent)" radius={[3, 3, 0, 0]} isAnimationActive={false} maxBarSize={28} />
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
