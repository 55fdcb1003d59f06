import { clsx } from 'clsx';
import { type ComponentProps, type ReactNode, useId } from 'react';

const INPUT =
  'w-full rounded-xl border bg-raised px-3.5 placeholder:text-ink-soft aria-invalid:border-bad not-aria-invalid:border-line-strong/50';

interface Told {
  label: string;
  /** What helps to fill it. */
  hint?: string;
  /** What is wrong with it. */
  problem?: string | null;
}

/** A label, a field, and what there is to say of it. */
function Labelled({ label, hint, problem, id, children }: Told & { id: string; children: ReactNode }) {
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block text-sm font-semibold">
        {label}
      </label>
      {children}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1.5 text-xs leading-relaxed text-ink-soft">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} role="alert" className="mt-1.5 text-sm text-bad">
          {problem}
        </p>
      )}
    </div>
  );
}

function described({ hint, problem }: Told, id: string) {
  const by = [hint !== undefined && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return { ...(by !== '' && { 'aria-describedby': by }), ...(problem && { 'aria-invalid': true as const }) };
}

export function TextField({ label, hint, problem, className, ...rest }: Told & ComponentProps<'input'>) {
  const id = useId();
  const told = { label, ...(hint !== undefined && { hint }), ...(problem !== undefined && { problem }) };
  return (
    <Labelled {...told} id={id}>
      <input id={id} className={clsx('h-11', INPUT, className)} {...described(told, id)} {...rest} />
    </Labelled>
  );
}

export function TextArea({ label, hint, problem, className, ...rest }: Told & ComponentProps<'textarea'>) {
  const id = useId();
  const told = { label, ...(hint !== undefined && { hint }), ...(problem !== undefined && { problem }) };
  return (
    <Labelled {...told} id={id}>
      <textarea
        id={id}
        className={clsx('min-h-24 py-2.5 leading-relaxed', INPUT, className)}
        {...described(told, id)}
        {...rest}
      />
    </Labelled>
  );
}

export function Choice({ label, hint, problem, className, ...rest }: Told & ComponentProps<'select'>) {
  const id = useId();
  const told = { label, ...(hint !== undefined && { hint }), ...(problem !== undefined && { problem }) };
  return (
    <Labelled {...told} id={id}>
      <select id={id} className={clsx('h-11', INPUT, className)} {...described(told, id)} {...rest} />
    </Labelled>
  );
}
