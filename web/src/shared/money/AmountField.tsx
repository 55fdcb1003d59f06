import { useId } from 'react';

interface AmountFieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** The symbol of what is typed. */
  currency: string;
  /** What is wrong with it. */
  problem?: string | null;
}

/** An amount to type, with a point for the decimals in every language. */
export function AmountField({ label, value, onChange, currency, problem = null }: AmountFieldProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-semibold">
        {label}
      </label>
      <div className="flex items-center rounded-xl border border-line-strong/50 bg-raised focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-accent">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value.trim())}
          aria-invalid={problem !== null}
          aria-describedby={`${id}-problem`}
          className="h-11 min-w-0 grow bg-transparent px-4 tabular-nums outline-none"
        />
        <span className="px-4 text-sm font-semibold text-ink-soft">{currency}</span>
      </div>
      <p id={`${id}-problem`} aria-live="polite" className="mt-1.5 text-sm text-bad empty:hidden">
        {problem}
      </p>
    </div>
  );
}
