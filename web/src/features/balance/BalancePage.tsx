import { Coins } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { BalanceDocument } from '@/api/generated/graphql';
import { SignedIn } from '@/features/session/SignedIn';
import { EmptyState } from '@/shared/ui/EmptyState';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { Skeleton } from '@/shared/ui/Skeleton';
import { AccountCard } from './AccountCard';

/** What the escrow holds for the wallet, and what it can take out: refunds do not come by themselves. */
export function BalancePage() {
  const { t } = useTranslation();
  return (
    <div className="mx-auto max-w-2xl">
      <PageTitle>{t('balance.title')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('balance.about')}</p>
      <SignedIn>
        <Accounts />
      </SignedIn>
    </div>
  );
}

function Accounts() {
  const { t } = useTranslation();
  const [{ data, error }, look] = useQuery({ query: BalanceDocument });
  const accounts = data?.me?.ledger.accounts;
  if (!accounts) return error ? <QueryFault error={error} /> : <Skeleton className="h-40 rounded-2xl" />;
  if (accounts.length === 0) {
    return <EmptyState icon={Coins} title={t('balance.none.title')} text={t('balance.none.text')} />;
  }
  return (
    <div className="space-y-4">
      {accounts.map((account) => (
        <AccountCard
          key={`${account.chainId} ${account.escrow} ${account.token}`}
          account={account}
          onWithdrawn={() => look({ requestPolicy: 'network-only' })}
        />
      ))}
    </div>
  );
}
