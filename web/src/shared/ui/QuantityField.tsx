import { Minus, Plus } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';

interface QuantityFieldProps {
  value: number;
  onChange: (value: number) => void;
  /** Whose quantity, for those who cannot see where the field stands. */
  of: string;
  max: number;
}

const STEP = 'grid size-11 place-items-center text-ink-soft hover:not-disabled:text-ink disabled:opacity-40';

/** How many pieces: typed, or stepped. */
export function QuantityField({ value, onChange, of, max }: QuantityFieldProps) {
  const { t } = useTranslation();
  const id = useId();
  const set = (next: number) => onChange(Math.min(Math.max(1, next), Math.max(1, max)));
  return (
    <div className="inline-flex items-center rounded-xl border border-line-strong/50 bg-raised">
      <button
        type="button"
        className={STEP}
        aria-label={t('cart.fewer', { of })}
        disabled={value <= 1}
        onClick={() => set(value - 1)}
      >
        <Minus aria-hidden className="size-4" />
      </button>
      <label htmlFor={id} className="sr-only">
        {t('cart.quantityOf', { of })}
      </label>
      <input
        id={id}
        inputMode="numeric"
        value={value}
        onChange={(event) => set(Number(event.target.value.replace(/\D/g, '').slice(0, 10)))}
        className="w-10 bg-transparent text-center font-semibold tabular-nums"
      />
      <button
        type="button"
        className={STEP}
        aria-label={t('cart.more', { of })}
        disabled={value >= max}
        onClick={() => set(value + 1)}
      >
        <Plus aria-hidden className="size-4" />
      </button>
    </div>
  );
}
