import { useTranslation } from 'react-i18next';
import { useClient } from 'urql';
import { ApiFault, codeOf } from '@/api/errors';
import { WithdrawalDocument } from '@/api/generated/graphql';
import { StepWords } from '@/features/payment/StepWords';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { WalletRefusal } from '@/features/wallet/refusal';
import { useWalletAction } from '@/features/wallet/useWalletAction';
import { sameAddress } from '@/shared/sameAddress';
import { Button } from '@/shared/ui/Button';
import { Notice } from '@/shared/ui/Notice';
import type { LedgerAccount } from './AccountCard';

/** Blocks until the server has read what the wallet saw. */
const SERVER_LAG_MS = 3_000;

/** Takes everything out of an account, with the wallet that it belongs to. */
export function Withdraw({ account, onWithdrawn }: { account: LedgerAccount; onWithdrawn: () => void }) {
  const { t } = useTranslation();
  const client = useClient();
  const { connected, step, setStep, run, submit, settle } = useWalletAction();
  const busy = ['preparing', 'switching', 'signing', 'submitted'].includes(step.at);

  const withdraw = () =>
    run(async (wallet) => {
      const { token, chainId } = account;
      const context = { requestPolicy: 'network-only' } as const;
      const { data, error } = await client.query(WithdrawalDocument, { token, chainId }, context).toPromise();
      if (error) throw new ApiFault(codeOf(error));
      const call = data?.me?.ledger.withdrawal?.call;
      if (!call) throw new ApiFault('NOTHING_HELD');
      if (!sameAddress(call.from, wallet.account)) throw new WalletRefusal('wrongAccount');
      const hash = await submit(wallet, call);
      await settle(wallet, hash);
      setStep({ at: 'succeeded', hash });
      setTimeout(onWithdrawn, SERVER_LAG_MS);
    });

  if (step.at === 'succeeded') return <Notice tone="good">{t('balance.done')}</Notice>;
  return (
    <div className="space-y-3">
      {connected ? (
        <Button className="w-full" busy={busy} onClick={() => void withdraw()}>
          {t('balance.withdraw')}
        </Button>
      ) : (
        <ConnectWallet className="w-full">{t('payment.connect')}</ConnectWallet>
      )}
      <StepWords step={step} wallet={connected?.wallet.info.name ?? ''} />
    </div>
  );
}
