import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import { Skeleton } from '@/shared/ui/Skeleton';

/** Rows that are on their way. */
export function Placeholders({ height }: { height: string }) {
  const { t } = useTranslation();
  return (
    <div className="space-y-3" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: 5 }, (_, index) => (
        <Skeleton key={index} className={clsx('rounded-2xl', height)} />
      ))}
    </div>
  );
}
