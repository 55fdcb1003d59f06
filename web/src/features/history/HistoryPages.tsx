import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Route, Switch, useLocation } from 'wouter';
import { useSession } from '@/features/session/SessionContext';
import { SignedIn } from '@/features/session/SignedIn';
import { PageTitle } from '@/shared/ui/PageTitle';
import { historyPaths } from './historyPaths';
import { HistoryView } from './HistoryView';
import { ProofsPage } from './ProofsPage';
import { StreamPage } from './StreamPage';

export { ShopHistory } from './ShopHistory';

/** The history: one script of its own, with words of its own. */
export function HistoryPages() {
  return (
    <Switch>
      <Route path="/history/stream/:stream">
        {({ stream }) => (
          <SignedIn>
            <StreamPage key={stream} stream={decodeURIComponent(stream)} />
          </SignedIn>
        )}
      </Route>
      <Route path="/history/proofs">
        <Frame>
          <ProofsPage />
        </Frame>
      </Route>
      <Route>
        <Frame>
          <SignedIn>
            <All />
          </SignedIn>
        </Frame>
      </Route>
    </Switch>
  );
}

function All() {
  const { t } = useTranslation('history');
  const oversees = useSession().viewer?.roles.some((role) => role === 'AUDITOR' || role === 'OPERATOR');
  return (
    <>
      <p className="mb-5 max-w-2xl leading-relaxed text-ink-soft">{t(oversees ? 'about.all' : 'about.mine')}</p>
      <HistoryView />
    </>
  );
}

function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation('history');
  const [at] = useLocation();
  const tabs = [
    { name: 'events', href: historyPaths.all, current: at !== historyPaths.proofs },
    { name: 'proofs', href: historyPaths.proofs, current: at === historyPaths.proofs },
  ] as const;
  return (
    <>
      <PageTitle>{t('title')}</PageTitle>
      <nav aria-label={t('pages')} className="mb-6 flex gap-1 border-b border-line">
        {tabs.map(({ name, href, current }) => (
          <Link
            key={name}
            href={href}
            aria-current={current ? 'page' : undefined}
            className={clsx(
              '-mb-px border-b-2 px-3 py-3 text-sm font-semibold sm:px-4 sm:text-[0.95rem]',
              current ? 'border-accent text-accent' : 'border-transparent text-ink-soft hover:text-ink',
            )}
          >
            {t(`tab.${name}`)}
          </Link>
        ))}
      </nav>
      {children}
    </>
  );
}
