import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';

export interface PageState {
  /** The cursor that the page begins after; null for the first. */
  after: string | null;
  first: boolean;
  forward: (cursor: string) => void;
  back: () => void;
}

/** Which page of a list is looked at. Another question, told by `of`, begins at the first again. */
export function usePages(of: string): PageState {
  const [{ at, cursors }, set] = useState<{ at: string; cursors: readonly string[] }>({ at: of, cursors: [] });
  const known = at === of ? cursors : [];
  return {
    after: known.at(-1) ?? null,
    first: known.length === 0,
    forward: (cursor) => set({ at: of, cursors: [...known, cursor] }),
    back: () => set({ at: of, cursors: known.slice(0, -1) }),
  };
}

interface PagesProps {
  pages: PageState;
  info: { hasNextPage: boolean; endCursor?: string | null } | undefined;
  busy: boolean;
}

/** The ways to newer and older rows; nothing where there is one page. */
export function Pages({ pages, info, busy }: PagesProps) {
  const { t } = useTranslation('owner');
  const next = info?.hasNextPage ? info.endCursor : null;
  if (pages.first && !next) return null;
  return (
    <nav aria-label={t('paging.label')} className="mt-6 flex justify-center gap-3">
      <Button look="secondary" disabled={pages.first || busy} onClick={pages.back}>
        <ChevronLeft aria-hidden className="size-4" /> {t('paging.newer')}
      </Button>
      <Button look="secondary" disabled={!next || busy} onClick={() => next && pages.forward(next)}>
        {t('paging.older')} <ChevronRight aria-hidden className="size-4" />
      </Button>
    </nav>
  );
}
