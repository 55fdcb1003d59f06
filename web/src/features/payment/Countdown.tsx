import { clsx } from 'clsx';
import { Timer } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { clock } from '@/shared/time/clock';

/** Seconds from which on a customer should hurry. */
const HURRY_SECS = 120;

/** How long an order still waits for its payment. Read out only when asked for: each second would be too much. */
export function Countdown({ secs }: { secs: number }) {
  const { t } = useTranslation();
  return (
    <div
      role="timer"
      aria-label={t('payment.timeLeft')}
      className={clsx(
        'inline-flex items-center gap-2 rounded-full px-3.5 py-1.5 font-semibold tabular-nums',
        secs <= HURRY_SECS ? 'bg-warn-soft text-warn' : 'bg-sunken',
      )}
    >
      <Timer aria-hidden className="size-4" />
      {clock(secs)}
    </div>
  );
}
