import { LockKeyhole } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '@/shared/ui/EmptyState';
import { Skeleton } from '@/shared/ui/Skeleton';
import { useSession } from './SessionContext';
import { SignInButton } from './SignInButton';

/** What only someone who is signed in can see; to others, the way in. */
export function SignedIn({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { viewer } = useSession();
  if (viewer === undefined) return <Skeleton className="h-40" />;
  if (viewer !== null) return children;
  return (
    <EmptyState icon={LockKeyhole} title={t('signIn.needed.title')} text={t('signIn.needed.text')}>
      <SignInButton>{t('signIn.title')}</SignInButton>
    </EmptyState>
  );
}
