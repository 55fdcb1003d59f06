import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import type { OwnProductFragment } from '@/api/generated/graphql';

/** Whether it is for sale, and whether its stock is low. */
export function SaleBadge({ product }: { product: Pick<OwnProductFragment, 'published' | 'lowStock'> }) {
  const { t } = useTranslation('owner');
  const badge = 'rounded-full px-2.5 py-0.5 text-xs font-semibold whitespace-nowrap';
  return (
    <span className="inline-flex flex-wrap gap-1.5">
      <span className={clsx(badge, product.published ? 'bg-good-soft text-good' : 'bg-sunken text-ink-soft')}>
        {t(product.published ? 'sale.on' : 'sale.off')}
      </span>
      {product.lowStock && <span className={clsx(badge, 'bg-warn-soft text-warn')}>{t('sale.low')}</span>}
    </span>
  );
}
