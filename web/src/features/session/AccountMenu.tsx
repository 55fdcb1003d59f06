import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDisputes } from '@/features/disputes/useDisputes';
import { Skeleton } from '@/shared/ui/Skeleton';
import { whenIdle } from '@/shared/whenIdle';
import { AccountButton } from './AccountButton';
import { useSession, type Viewer } from './SessionContext';
import { SignInButton } from './SignInButton';

const bring = () => import('./OpenAccountMenu');
whenIdle(() => void bring().catch(() => undefined));
const OpenAccountMenu = lazy(() => bring().then((file) => ({ default: file.OpenAccountMenu })));

/** Who is signed in, with what is theirs; or the way in. */
export function AccountMenu() {
  const { t } = useTranslation();
  const { viewer } = useSession();
  if (viewer === undefined) return <Skeleton className="h-9 w-22" />;
  if (viewer === null) return <SignInButton size="small">{t('signIn.short')}</SignInButton>;
  return <Menu viewer={viewer} />;
}

/** The menu's script comes after the page's: until it is opened, its button stands alone. */
function Menu({ viewer }: { viewer: Viewer }) {
  const [opened, setOpened] = useState(false);
  const [idle, setIdle] = useState(false);
  useEffect(() => whenIdle(() => setIdle(true)), []);
  // What the menu has for an arbiter is known when it is opened.
  useDisputes(null, !idle);
  const button = <AccountButton viewer={viewer} aria-expanded={opened} onClick={() => setOpened(true)} />;
  if (!opened) return button;
  return (
    <Suspense fallback={button}>
      <OpenAccountMenu viewer={viewer} />
    </Suspense>
  );
}
