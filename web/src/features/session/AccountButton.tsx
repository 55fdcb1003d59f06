import { UserRound } from 'lucide-react';
import type { ComponentProps } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { ShortHash, shorten } from '@/shared/ui/ShortHash';
import type { Viewer } from './SessionContext';

/** Shows whose account it is, and opens its menu. */
export function AccountButton({ viewer, ...rest }: { viewer: Viewer } & ComponentProps<'button'>) {
  const { t } = useTranslation();
  return (
    <Button
      look="secondary"
      size="small"
      aria-label={t('account.menu', { address: shorten(viewer.address) })}
      aria-haspopup="menu"
      {...rest}
    >
      <UserRound aria-hidden className="size-4" />
      <span className="max-sm:hidden">
        <ShortHash value={viewer.address} />
      </span>
    </Button>
  );
}
