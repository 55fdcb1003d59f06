import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { useWalletAction } from '@/features/wallet/useWalletAction';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { Notice } from '@/shared/ui/Notice';
import { CallRefused } from './CallRefused';
import { StepWords } from './StepWords';
import { type Movement, usePreparedCall } from './usePreparedCall';

interface MoneyActionProps {
  order: string;
  movement: Movement;
  look?: 'primary' | 'secondary' | 'danger';
  children: ReactNode;
}

/** Moves the money of an order with the person's own wallet, after saying what that means. */
export function MoneyAction({ order, movement, look = 'secondary', children }: MoneyActionProps) {
  const { t } = useTranslation();
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
        {children}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t(`money.${movement}.title`)}
        description={t(`money.${movement}.about`)}
      >
        <div className="space-y-4">
          {step.at === 'succeeded' ? (
            <Notice tone="good">{t(`money.${movement}.done`)}</Notice>
          ) : connected ? (
            <Button className="w-full" look={look} busy={busy} onClick={() => void send()}>
              {t(`money.${movement}.send`)}
            </Button>
          ) : (
            <ConnectWallet className="w-full">{t('payment.connect')}</ConnectWallet>
          )}
          {refused ? (
            <Notice tone="warn">{refused.words(t)}</Notice>
          ) : (
            <StepWords step={step} wallet={connected?.wallet.info.name ?? ''} />
          )}
        </div>
      </Dialog>
    </>
  );
}
