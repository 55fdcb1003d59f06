import { BellRing } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { Amount } from '@/shared/money/Amount';
import { Button } from '@/shared/ui/Button';
import { ownerPaths } from './ownerPaths';
import { useOwnShop } from './ShopContext';

/** Tells of an order that was paid while the page was open, and reads it out. */
export function Arrival() {
  const { t } = useTranslation('owner');
  const { shop, arrived } = useOwnShop();
  const [closed, setClosed] = useState<string | null>(null);
  const shown = arrived !== null && arrived.status === 'PAID' && arrived.id !== closed ? arrived : null;
  return (
    <div role="status" aria-live="polite" className="empty:hidden">
      {shown && (
        <div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl bg-accent-soft px-4 py-3 text-accent">
          <BellRing aria-hidden className="size-5 shrink-0" />
          <p className="grow text-sm font-semibold">
            {t('arrived', { number: shown.number })} <Amount price={shown.total} />
          </p>
          <div className="flex gap-2">
            <Button asChild size="small" look="secondary">
              <Link href={ownerPaths.order(shop.id, shown.id)}>{t('look')}</Link>
            </Button>
            <Button size="small" look="quiet" onClick={() => setClosed(shown.id)}>
              {t('dismiss')}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}
