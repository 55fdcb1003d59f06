import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import type { OrderCountFragment } from '@/api/generated/graphql';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import { countOf, type View, VIEWS } from '../rules';

/** Those that somebody has to do something about. */
const TO_DO: ReadonlySet<View> = new Set(['toApprove', 'toShip']);

/** How many orders are where, each a way to them. */
export function Counts({ counts }: { counts: readonly OrderCountFragment[] }) {
  const { t, i18n } = useTranslation('owner');
  const { shop } = useOwnShop();
  const number = new Intl.NumberFormat(i18n.language);
  const views = (Object.keys(VIEWS) as View[]).filter((view) => view !== 'all');
  return (
    <ul aria-label={t('orders.view')} className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
      {views.map((view) => {
        const { count, more } = countOf(view, counts);
        const urgent = TO_DO.has(view) && count > 0;
        return (
          <li key={view}>
            <Link
              href={ownerPaths.orders(shop.id, view)}
              className={clsx(
                'flex h-full flex-col-reverse justify-end gap-0.5 rounded-2xl border p-4 hover:border-line-strong/60',
                urgent ? 'border-accent/40 bg-accent-soft text-accent' : 'border-line bg-raised',
              )}
            >
              <span className={clsx('text-sm', !urgent && 'text-ink-soft')}>{t(`view.${view}`)}</span>
              <span className="text-2xl font-bold tabular-nums">
                {number.format(count)}
                {more && '+'}
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
