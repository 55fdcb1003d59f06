import { clsx } from 'clsx';
import { ChartColumn } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { ShopOverviewDocument, type ShopOverviewQuery } from '@/api/generated/graphql';
import { useNow } from '@/shared/time/useNow';
import { DateTime } from '@/shared/time/DateTime';
import { EmptyState } from '@/shared/ui/EmptyState';
import { Notice } from '@/shared/ui/Notice';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useAskedAnew, useOwnShop } from '../ShopContext';
import { DayField } from '../DayField';
import { Toggle } from '../Toggle';
import { BestSellers } from './BestSellers';
import { Counts } from './Counts';
import { daysUntil, seriesOf, today, zoneName } from './days';
import { Held } from './Held';
import { LowStock } from './LowStock';
import { Revenue } from './Revenue';
import { isDay } from '../orders/placedWithin';

const SPANS = [7, 30, 90] as const;
/** A day ends at some time. */
const LOOK_EVERY_MS = 60_000;

export type Overview = NonNullable<ShopOverviewQuery['shop']>;

/** The shop at a glance: what is to be done, what came in, what is held, what sells. */
export function OverviewPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const [span, setSpan] = useState<(typeof SPANS)[number]>(30);
  const [until, setUntil] = useState('');
  const timeZone = useMemo(() => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC', []);
  const zone = zoneName(timeZone);
  const now = today(useNow(LOOK_EVERY_MS), zone);
  const picked = until === '' || until > now ? now : until;
  const last = isDay(picked) ? picked : now;
  const variables = { shop: shop.id, days: span, timeZone: zone, until: last === now ? null : last };
  const [{ data, fetching, error }, look] = useQuery({ query: ShopOverviewDocument, variables });
  useAskedAnew(() => look({ requestPolicy: 'network-only' }));
  const overview = data?.shop;
  return (
    <>
      <PageTitle
        beside={
          <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
            <div role="group" aria-label={t('sales.span')} className="flex gap-2">
              {SPANS.map((days) => (
                <Toggle key={days} pressed={days === span} onChange={() => setSpan(days)}>
                  {t('sales.days', { count: days })}
                </Toggle>
              ))}
            </div>
            <DayField label={t('sales.until')} value={picked} max={now} onChange={setUntil} />
          </div>
        }
      >
        {t('tab.overview')}
      </PageTitle>
      {overview ? (
        <Figures overview={overview} span={span} last={last} />
      ) : error && !fetching ? (
        <QueryFault error={error} />
      ) : (
        <Placeholder />
      )}
    </>
  );
}

/** `last` is the last day of the span. */
function Figures({ overview, span, last }: { overview: Overview; span: number; last: string }) {
  const { t } = useTranslation('owner');
  const { sales } = overview;
  const days = daysUntil(last, span);
  const series = seriesOf(sales.revenue, days);
  const cut = Date.parse(sales.since) > Date.parse(`${days[1] ?? days[0] ?? last}T23:59:59Z`);
  return (
    <div className="space-y-8">
      <Counts counts={overview.orderCounts} />
      <section aria-labelledby="revenue">
        <h2 id="revenue" className="mb-3 text-lg font-bold">
          {t('sales.title')}
        </h2>
        {cut && (
          <div className="mb-3">
            <Notice tone="info">
              {t('sales.since')} <DateTime at={sales.since} />
            </Notice>
          </div>
        )}
        {series.length === 0 ? (
          <div className="rounded-2xl border border-dashed border-line">
            <EmptyState icon={ChartColumn} title={t('sales.none.title')} text={t('sales.none.text')} />
          </div>
        ) : (
          <div className={clsx('grid gap-5', series.length > 1 && 'md:grid-cols-2')}>
            {series.map((one) => (
              <Revenue key={one.key} series={one} />
            ))}
          </div>
        )}
      </section>
      <div className="grid gap-5 lg:grid-cols-3 lg:items-start">
        <Held ledgers={overview.ledgers} />
        <BestSellers sellers={sales.bestSellers} />
        <LowStock products={overview.low.nodes} />
      </div>
    </div>
  );
}

function Placeholder() {
  const { t } = useTranslation();
  return (
    <div className="space-y-8" role="status" aria-label={t('common.loading')}>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
        {Array.from({ length: 4 }, (_, index) => (
          <Skeleton key={index} className="h-24 rounded-2xl" />
        ))}
      </div>
      <Skeleton className="h-80 rounded-2xl" />
    </div>
  );
}
