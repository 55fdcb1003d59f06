import { clsx } from 'clsx';

/** The place of something that is being fetched, of its size, so that nothing jumps when it is there. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={clsx('block animate-pulse rounded-lg bg-sunken', className)} />;
}
