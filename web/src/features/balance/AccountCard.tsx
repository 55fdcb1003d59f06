import { useTranslation } from 'react-i18next';
import type { BalanceQuery } from '@/api/generated/graphql';
import { TokenAmount } from '@/shared/money/TokenAmount';
import { useTokens } from '@/shared/money/useTokens';
import { Card } from '@/shared/ui/Card';
import { Withdraw } from './Withdraw';

export type LedgerAccount = NonNullable<BalanceQuery['me']>['ledger']['accounts'][number];

/** The wallet's account in one token on one chain. */
export function AccountCard({ account, onWithdrawn }: { account: LedgerAccount; onWithdrawn: () => void }) {
  const { t } = useTranslation();
  const { chainName } = useTokens();
  const amount = (name: 'withdrawable' | 'returned' | 'withdrawn') => (
    <TokenAmount chainId={account.chainId} token={account.token} amount={account[name]} />
  );
  return (
    <Card className="space-y-4">
      <div>
        <h2 className="text-sm text-ink-soft">
          {t('balance.withdrawable')} · {chainName(account.chainId)}
        </h2>
        <p className="text-3xl font-bold tracking-tight">{amount('withdrawable')}</p>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
        <dt className="text-ink-soft">{t('balance.returned')}</dt>
        <dd className="text-right">{amount('returned')}</dd>
        <dt className="text-ink-soft">{t('balance.withdrawn')}</dt>
        <dd className="text-right">{amount('withdrawn')}</dd>
      </dl>
      {account.withdrawable !== '0' && <Withdraw account={account} onWithdrawn={onWithdrawn} />}
    </Card>
  );
}
