import { useTranslation } from 'react-i18next';
import { PageTitle } from '@/shared/ui/PageTitle';
import { HistoryView } from './HistoryView';

/** The history of one shop, for its owner. */
export function ShopHistory({ shop }: { shop: string }) {
  const { t } = useTranslation('history');
  return (
    <>
      <PageTitle>{t('title')}</PageTitle>
      <p className="-mt-3 mb-5 max-w-2xl leading-relaxed text-ink-soft">{t('about.shop')}</p>
      <HistoryView shop={shop} />
    </>
  );
}
