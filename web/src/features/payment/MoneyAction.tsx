import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PriceFragment } from '@/api/generated/graphql';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { useWalletAction } from '@/features/wallet/useWalletAction';
import { AmountField } from '@/shared/money/AmountField';
import { baseUnits, fromDecimal, toDecimal } from '@/shared/money/units';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { Notice } from '@/shared/ui/Notice';
import { CallRefused } from './CallRefused';
import { StepWords } from './StepWords';
import { type Movement, usePreparedCall } from './usePreparedCall';

interface MoneyActionProps {
  order: string;
  movement: Movement;
  /** What is said of it, where that is not the same for everyone. */
  words?: Movement | 'decideForSeller' | 'decideForBuyer';
  /** What is held, for those who may move a part of it. */
  held?: PriceFragment;
  look?: 'primary' | 'secondary' | 'danger';
  children: ReactNode;
}

/** Moves the money of an order with the person's own wallet, after saying what that means. */
export function MoneyAction({
  order,
  movement,
  words = movement,
  held,
  look = 'secondary',
  children,
}: MoneyActionProps) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const prepare = usePreparedCall(order, movement);
  const part = usePart(held);
  const { connected, step, setStep, run, submit, settle } = useWalletAction();
  const busy = ['preparing', 'switching', 'signing', 'submitted'].includes(step.at);

  const send = () =>
    run(async (wallet) => {
      const hash = await submit(wallet, await prepare(wallet.account, part.amount));
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
        title={t(`money.${words}.title`)}
        description={t(`money.${words}.about`)}
      >
        <div className="space-y-4">
          {step.at !== 'succeeded' && part.field}
          {step.at === 'succeeded' ? (
            <Notice tone="good">{t(`money.${words}.done`)}</Notice>
          ) : connected ? (
            <Button
              className="w-full"
              look={look}
              busy={busy}
              disabled={busy || part.amount === null}
              onClick={() => void send()}
            >
              {t(`money.${words}.send`)}
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

/** How much of what is held: all of it (undefined) unless another part is typed; null while that is none. */
function usePart(held: PriceFragment | undefined) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState<string>();
  if (held === undefined || held.decimals === null) return { amount: undefined, field: null };
  const all = baseUnits(held.amount);
  const amount = typed === undefined ? all : fromDecimal(typed, held.decimals);
  const fits = amount !== null && amount > 0n && amount <= all;
  const field = (
    <AmountField
      label={t('money.part.label')}
      value={typed ?? toDecimal(all, held.decimals)}
      onChange={setTyped}
      currency={held.currency}
      problem={fits ? null : t('money.part.problem', { all: toDecimal(all, held.decimals) })}
    />
  );
  // What is held may move meanwhile: without a number, it is all that is held then.
  if (amount === all) return { amount: undefined, field };
  return { amount: fits ? amount.toString() : null, field };
}
