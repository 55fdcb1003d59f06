import { clsx } from 'clsx';
import type { ComponentProps } from 'react';

export function Card({ className, ...rest }: ComponentProps<'section'>) {
  return <section className={clsx('rounded-2xl border border-line bg-raised p-5 sm:p-6', className)} {...rest} />;
}
