import { WifiOff } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { connection } from '@/api/connection';

const LOOK_EVERY_MS = 3_000;

/** Over the page's foot, so that nothing moves: says that the server cannot be reached, and looks for it until it is back. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const reach = useSyncExternalStore(connection.subscribe, connection.now);
  useEffect(() => {
    if (reach === 'reached') return;
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [reach]);
  return (
    <div role="status" className="fixed inset-x-0 bottom-0 z-20">
      {reach === 'lost' && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-2 text-sm font-medium text-warn">
          <WifiOff aria-hidden className="size-4" />
          {t('app.lost')}
        </p>
      )}
    </div>
  );
}

async function look(): Promise<void> {
  try {
    const { ok } = await fetch('/healthz', { cache: 'no-store' });
    if (ok) connection.saw('reached');
  } catch {
    // Not yet.
  }
}
