import { Coins } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { ShopMoneyDocument, type ShopAccountFragment } from '@/api/generated/graphql';
import { Withdraw } from '@/features/balance/Withdraw';
import { useSession } from '@/features/session/SessionContext';
import { TokenAmount } from '@/shared/money/TokenAmount';
import { useTokens } from '@/shared/money/useTokens';
import { sameAddress } from '@/shared/sameAddress';
import { Card } from '@/shared/ui/Card';
import { EmptyState } from '@/shared/ui/EmptyState';
import { Notice } from '@/shared/ui/Notice';
import { PageTitle } from '@/shared/ui/PageTitle';
import { QueryFault } from '@/shared/ui/QueryFault';
import { ShortHash } from '@/shared/ui/ShortHash';
import { Placeholders } from './Placeholders';
import { useAskedAnew, useOwnShop } from './ShopContext';

/** Where the shop's money is, and the way to take it out of the escrow. */
export function MoneyPage() {
  const { t } = useTranslation('owner');
  const { shop } = useOwnShop();
  const { viewer } = useSession();
  const [{ data, fetching, error }, look] = useQuery({ query: ShopMoneyDocument, variables: { shop: shop.id } });
  const again = () => look({ requestPolicy: 'network-only' });
  useAskedAnew(again);
  const ledgers = data?.shop?.ledgers;
  const accounts = ledgers?.flatMap(({ wallet, accounts: own }) => own.map((account) => ({ wallet, account })));
  return (
    <div className="mx-auto max-w-3xl">
      <PageTitle>{t('tab.money')}</PageTitle>
      <p className="-mt-3 mb-6 leading-relaxed text-ink-soft">{t('money.about')}</p>
      {!accounts && (error && !fetching ? <QueryFault error={error} /> : <Placeholders height="h-44" />)}
      {accounts?.length === 0 && <EmptyState icon={Coins} title={t('money.none.title')} text={t('money.none.text')} />}
      <div className="space-y-4">
        {accounts?.map(({ wallet, account }) => (
          <Account
            key={`${wallet} ${account.chainId} ${account.escrow} ${account.token}`}
            account={account}
            wallet={wallet}
            own={sameAddress(viewer?.address, wallet)}
            onWithdrawn={again}
          />
        ))}
      </div>
    </div>
  );
}

interface AccountProps {
  account: ShopAccountFragment;
  wallet: string;
  /** Whether it is the wallet that is signed in: only that one can take out. */
  own: boolean;
  onWithdrawn: () => void;
}

function Account({ account, wallet, own, onWithdrawn }: AccountProps) {
  const { t } = useTranslation('owner');
  const { chainName } = useTokens();
  const amount = (name: 'held' | 'withdrawable' | 'released' | 'refunded' | 'withdrawn') => (
    <TokenAmount chainId={account.chainId} token={account.token} amount={account[name]} />
  );
  return (
    <Card className="space-y-4">
      <p className="flex flex-wrap justify-between gap-x-4 text-sm text-ink-soft">
        <span>{chainName(account.chainId)}</span>
        <ShortHash value={wallet} />
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <div>
          <h2 className="text-sm text-ink-soft">{t('money.held')}</h2>
          <p className="text-2xl font-bold tracking-tight">{amount('held')}</p>
        </div>
        <div>
          <h2 className="text-sm text-ink-soft">{t('money.withdrawable')}</h2>
          <p className="text-2xl font-bold tracking-tight">{amount('withdrawable')}</p>
        </div>
      </div>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 border-t border-line pt-4 text-sm">
        <dt className="text-ink-soft">{t('money.released')}</dt>
        <dd className="text-right">{amount('released')}</dd>
        <dt className="text-ink-soft">{t('money.refunded')}</dt>
        <dd className="text-right">{amount('refunded')}</dd>
        <dt className="text-ink-soft">{t('money.withdrawn')}</dt>
        <dd className="text-right">{amount('withdrawn')}</dd>
      </dl>
      {account.withdrawable !== '0' &&
        (own ? (
          <Withdraw account={account} onWithdrawn={onWithdrawn} />
        ) : (
          <Notice tone="info">{t('money.otherWallet')}</Notice>
        ))}
    </Card>
  );
}
