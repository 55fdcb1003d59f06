import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CallRefused } from '@/features/payment/CallRefused';
import { StepWords } from '@/features/payment/StepWords';
import { usePreparedCall } from '@/features/payment/usePreparedCall';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { useWalletAction } from '@/features/wallet/useWalletAction';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { Notice } from '@/shared/ui/Notice';

interface MoveMoneyProps {
  order: string;
  movement: 'refund' | 'release';
  look: 'primary' | 'secondary';
}

/** Gives the customer the money back, or takes what is due, with the owner's own wallet. */
export function MoveMoney({ order, movement, look }: MoveMoneyProps) {
  const { t } = useTranslation('owner');
  const { t: common } = useTranslation();
  const [open, setOpen] = useState(false);
  const prepare = usePreparedCall(order, movement);
  const { connected, step, setStep, run, submit, settle } = useWalletAction();
  const busy = ['preparing', 'switching', 'signing', 'submitted'].includes(step.at);
  const send = () =>
    run(async (wallet) => {
      const hash = await submit(wallet, await prepare(wallet.account));
      await settle(wallet, hash);
      setStep({ at: 'succeeded', hash });
    });
  const refused = step.at === 'failed' && step.fault instanceof CallRefused ? step.fault : null;
  return (
    <>
      <Button look={look} onClick={() => setOpen(true)}>
        {t(`${movement}.title`)}
      </Button>
      <Dialog open={open} onOpenChange={setOpen} title={t(`${movement}.title`)} description={t(`${movement}.about`)}>
        <div className="space-y-4">
          {step.at === 'succeeded' ? (
            <Notice tone="good">{t(`${movement}.done`)}</Notice>
          ) : connected ? (
            <Button className="w-full" busy={busy} onClick={() => void send()}>
              {t(`${movement}.send`)}
            </Button>
          ) : (
            <ConnectWallet className="w-full">{t('connect')}</ConnectWallet>
          )}
          {refused ? (
            <Notice tone="warn">{refused.words(common)}</Notice>
          ) : (
            <StepWords step={step} wallet={connected?.wallet.info.name ?? ''} />
          )}
        </div>
      </Dialog>
    </>
  );
}
