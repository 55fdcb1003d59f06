import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Amount } from '@/shared/money/Amount';
import { useTokens } from '@/shared/money/useTokens';
import { Card } from '@/shared/ui/Card';
import { Skeleton } from '@/shared/ui/Skeleton';
import type { Series } from './days';

/** The chart's script is fetched when there is something to draw. */
const RevenueChart = lazy(() => import('./RevenueChart'));

/** What came in in one token: the sum, a chart, and the same as a table for who does not see it. */
export function Revenue({ series }: { series: Series }) {
  const { t } = useTranslation('owner');
  const { chainName } = useTokens();
  const { price } = series;
  return (
    <Card className="min-w-0">
      <h3 className="text-sm text-ink-soft">
        {price.currency} · {chainName(price.chainId ?? '')}
      </h3>
      <p className="mt-0.5 text-2xl font-bold tracking-tight">
        <Amount price={{ ...price, amount: series.sum.toString() }} />
      </p>
      <p className="mb-4 text-sm text-ink-soft">{t('sales.orders', { count: series.orders })}</p>
      <Suspense fallback={<Skeleton className="h-44" />}>
        <RevenueChart series={series} />
      </Suspense>
      <DayTable series={series} />
    </Card>
  );
}

function DayTable({ series }: { series: Series }) {
  const { t, i18n } = useTranslation('owner');
  const date = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeZone: 'UTC' });
  return (
    <details className="mt-3 text-sm">
      <summary className="cursor-pointer rounded-md py-1 font-medium text-ink-soft hover:text-ink">
        {t('sales.asTable')}
      </summary>
      <table className="mt-2 w-full">
        <thead className="text-left text-ink-soft">
          <tr>
            <th className="py-1 font-medium">{t('sales.day')}</th>
            <th className="py-1 text-right font-medium">{t('sales.count')}</th>
            <th className="py-1 text-right font-medium">{t('sales.amount')}</th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {series.days
            .filter(({ orders }) => orders > 0)
            .toReversed()
            .map(({ day, amount, orders }) => (
              <tr key={day}>
                <td className="py-1.5">{date.format(new Date(`${day}T00:00:00Z`))}</td>
                <td className="py-1.5 text-right tabular-nums">{orders}</td>
                <td className="py-1.5 text-right">
                  <Amount price={{ ...series.price, amount: amount.toString() }} />
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  );
}
