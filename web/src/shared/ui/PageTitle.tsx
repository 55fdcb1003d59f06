import { type ReactNode, useEffect } from 'react';

/** A page's heading, which is the document's title too. */
export function PageTitle({ children, beside }: { children: string; beside?: ReactNode }) {
  useEffect(() => {
    document.title = `${children} · Gage`;
  }, [children]);
  return (
    <div className="mb-6 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
      <h1 className="text-2xl font-bold tracking-tight sm:text-3xl">{children}</h1>
      {beside}
    </div>
  );
}
