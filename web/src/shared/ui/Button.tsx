import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';

const button = cva(
  'inline-flex items-center justify-center gap-2 rounded-xl font-semibold transition-colors select-none disabled:opacity-55 aria-disabled:opacity-55',
  {
    variants: {
      look: {
        primary: 'bg-accent text-on-accent hover:not-disabled:bg-accent-strong',
        secondary: 'border border-line-strong/50 bg-raised hover:not-disabled:bg-sunken',
        danger: 'border border-bad/40 bg-raised text-bad hover:not-disabled:bg-bad-soft',
        quiet: 'hover:not-disabled:bg-sunken',
      },
      size: {
        normal: 'min-h-11 px-5 py-2 text-[0.95rem]',
        small: 'min-h-9 px-3 py-1 text-sm whitespace-nowrap',
        icon: 'size-11',
      },
    },
    defaultVariants: { look: 'primary', size: 'normal' },
  },
);

interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof button> {
  /** Something is under way; the button keeps its size and its focus. */
  busy?: boolean;
  /** Gives its looks to its only child, for links. */
  asChild?: boolean;
}

export function Button({
  look,
  size,
  busy = false,
  asChild = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  const classes = button({ look, size, className });
  if (asChild) {
    return (
      <Slot.Root className={classes} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button type="button" className={classes} disabled={disabled ?? busy} aria-busy={busy || undefined} {...rest}>
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
