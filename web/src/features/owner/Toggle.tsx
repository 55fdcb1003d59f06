import { clsx } from 'clsx';
import type { ReactNode } from 'react';

interface ToggleProps {
  pressed: boolean;
  onChange: (pressed: boolean) => void;
  children: ReactNode;
}

/** A filter that is on or off. */
export function Toggle({ pressed, onChange, children }: ToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={() => onChange(!pressed)}
      className={clsx(
        'inline-flex min-h-9 items-center gap-2 rounded-full border px-4 text-sm font-medium whitespace-nowrap',
        pressed ? 'border-accent bg-accent-soft text-accent' : 'border-line bg-raised text-ink-soft hover:text-ink',
      )}
    >
      {children}
    </button>
  );
}
