import { useTranslation } from 'react-i18next';
import type { OrderCountFragment } from '@/api/generated/graphql';
import { Toggle } from '../Toggle';
import { countOf, type View, VIEWS } from '../rules';

interface ViewPickerProps {
  value: View;
  /** Nothing until the server has counted. */
  counts: readonly OrderCountFragment[] | undefined;
  onChange: (view: View) => void;
}

/** What there is to do, with how much of it. */
export function ViewPicker({ value, counts, onChange }: ViewPickerProps) {
  const { t, i18n } = useTranslation('owner');
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <div role="group" aria-label={t('orders.view')} className="mb-4 flex flex-wrap gap-2">
      {(Object.keys(VIEWS) as View[]).map((view) => {
        const counted = counts && countOf(view, counts);
        return (
          <Toggle key={view} pressed={view === value} onChange={() => onChange(view)}>
            {t(`view.${view}`)}
            {counted && (
              <span className="text-xs font-semibold tabular-nums opacity-80">
                {number.format(counted.count)}
                {counted.more && '+'}
              </span>
            )}
          </Toggle>
        );
      })}
    </div>
  );
}
