import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { TokenAmount } from '@/shared/money/TokenAmount';
import { useTokens } from '@/shared/money/useTokens';
import { Card } from '@/shared/ui/Card';
import { ownerPaths } from '../ownerPaths';
import { useOwnShop } from '../ShopContext';
import type { Overview } from './OverviewPage';

/** What the escrow holds for the shop's wallets, and what they can take out. */
export function Held({ ledgers }: { ledgers: Overview['ledgers'] }) {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const { chainName } = useTokens();
  const accounts = ledgers.flatMap(({ wallet, accounts: own }) => own.map((account) => ({ ...account, wallet })));
  return (
    <Card aria-labelledby="held">
      <h2 id="held" className="mb-3 font-bold">
        {t('held.title')}
      </h2>
      {accounts.length === 0 ? (
        <p className="text-sm text-ink-soft">{t('held.none')}</p>
      ) : (
        <ul className="space-y-4">
          {accounts.map((account) => (
            <li key={`${account.wallet} ${account.chainId} ${account.escrow} ${account.token}`}>
              <p className="text-xl font-bold tracking-tight">
                <TokenAmount chainId={account.chainId} token={account.token} amount={account.held} />
              </p>
              <p className="text-sm text-ink-soft">{chainName(account.chainId)}</p>
              {account.withdrawable !== '0' && (
                <p className="mt-1 text-sm">
                  {t('held.withdrawable')}{' '}
                  <strong className="font-semibold">
                    <TokenAmount chainId={account.chainId} token={account.token} amount={account.withdrawable} />
                  </strong>
                </p>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="mt-4 border-t border-line pt-3 text-sm">
        <Link href={ownerPaths.money(shop.id)} className="font-semibold text-accent hover:underline">
          {t('held.toMoney')}
        </Link>
      </p>
    </Card>
  );
}
