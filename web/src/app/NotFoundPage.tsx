import { Compass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { Button } from '@/shared/ui/Button';
import { EmptyState } from '@/shared/ui/EmptyState';
import { paths } from './paths';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <EmptyState icon={Compass} title={t('app.notFound.title')} text={t('app.notFound.text')}>
      <Button asChild look="secondary">
        <Link href={paths.catalogue}>{t('product.gone.back')}</Link>
      </Button>
    </EmptyState>
  );
}
