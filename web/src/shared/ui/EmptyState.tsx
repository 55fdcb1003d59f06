import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

/** What a page says that has nothing to show, and where to go from here. */
export function EmptyState({
  icon: Icon,
  title,
  text,
  children,
}: {
  icon: LucideIcon;
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-sm flex-col items-center gap-3 py-20 text-center">
      <span className="mb-2 grid size-16 place-items-center rounded-2xl bg-accent-soft text-accent">
        <Icon aria-hidden className="size-7" strokeWidth={1.6} />
      </span>
      <h2 className="text-lg font-bold">{title}</h2>
      <p className="text-ink-soft">{text}</p>
      {children}
    </div>
  );
}
