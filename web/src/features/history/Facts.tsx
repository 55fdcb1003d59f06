import type { ReactNode } from 'react';

/** Names with what there is to say of each. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid gap-x-6 gap-y-3 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink-soft max-sm:-mb-2.5">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

/** A value of a document, down to its leaves. */
export function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-ink-soft">–</span>;
  if (Array.isArray(value)) {
    const all: readonly unknown[] = value;
    if (all.length === 0) return <span className="text-ink-soft">–</span>;
    return (
      <ol className="space-y-2">
        {all.map((one, index) => (
          // A place in a list of a document is what it is.
          <li key={index} className="border-l-2 border-line pl-4">
            <Value value={one} />
          </li>
        ))}
      </ol>
    );
  }
  if (typeof value === 'object') {
    return (
      <dl className="space-y-2">
        {Object.entries(value).map(([name, one]: [string, unknown]) => (
          <div key={name} className={isLeaf(one) ? 'flex flex-wrap gap-x-3' : ''}>
            <dt className="font-mono text-xs leading-6 text-ink-soft">{name}</dt>
            <dd className={isLeaf(one) ? 'min-w-0' : 'mt-1 border-l-2 border-line pl-4'}>
              <Value value={one} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  return <span className="font-mono text-xs leading-6 break-all">{leafText(value)}</span>;
}

function isLeaf(value: unknown): boolean {
  return value === null || typeof value !== 'object' || (Array.isArray(value) && value.length === 0);
}

/** A leaf of a document as text. */
export function leafText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
