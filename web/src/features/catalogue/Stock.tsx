import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';

/** So few that a customer should know. */
const FEW = 10;

/** How many pieces can still be ordered. */
export function Stock({ available, className }: { available: number; className?: string }) {
  const { t } = useTranslation();
  const level = available === 0 ? 'none' : available <= FEW ? 'few' : 'many';
  const looks = { none: 'text-ink-soft', few: 'text-warn', many: 'text-good' };
  return (
    <span className={clsx('inline-flex items-center gap-1.5 text-sm font-medium', looks[level], className)}>
      <span aria-hidden className="size-1.5 rounded-full bg-current" />
      {t(`stock.${level}`, { count: available })}
    </span>
  );
}
