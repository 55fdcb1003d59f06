import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderPageFragment, PaymentStateFragment } from '@/api/generated/graphql';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { Amount } from '@/shared/money/Amount';
import { useSecondsUntil } from '@/shared/time/useSecondsUntil';
import { Button } from '@/shared/ui/Button';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { Countdown } from './Countdown';
import { GasEstimate } from './GasEstimate';
import { PaymentProgress } from './PaymentProgress';
import { StepWords } from './StepWords';
import { usePayment } from './usePayment';
import { useQuote } from './useQuote';

interface PaymentPanelProps {
  order: OrderPageFragment;
  payment: PaymentStateFragment;
}

/** Pays an order that waits for it: how much, how long still, what the gas will cost, and the wallet's button. */
export function PaymentPanel({ order, payment }: PaymentPanelProps) {
  const { t } = useTranslation();
  const action = usePayment(order.id);
  const { connected, step } = action;
  const [round, setRound] = useState(0);
  const quote = useQuote(order.id, connected?.account, round);
  const secsLeft = useSecondsUntil(payment.deadline);
  const busy = ['preparing', 'switching', 'signing'].includes(step.at);
  const approval = quote.instructions?.approval ?? null;
  const attempt = payment.attempts.at(-1);
  // The server knows more of a transaction than the button that sent it.
  const reported =
    step.at === 'submitted' && payment.attempts.some(({ transactionHash }) => transactionHash === step.hash);
  const underWay =
    payment.status === 'DETECTED' || attempt?.status === 'PENDING' || (step.at === 'submitted' && !reported);

  return (
    <Card className="space-y-5" aria-labelledby="payment-title">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div>
          <h2 id="payment-title" className="text-sm font-medium text-ink-soft">
            {t('payment.toPay')}
          </h2>
          <p className="text-3xl font-bold tracking-tight">
            <Amount price={payment.price} chainId={payment.chainId} />
          </p>
        </div>
        {!underWay && <Countdown secs={secsLeft} />}
      </div>
      {payment.status === 'REQUESTED' && !underWay && (
        <GasEstimate chainId={payment.chainId} gas={approval ? approval.gas : quote.instructions?.gas} quote={quote} />
      )}
      <PaymentProgress order={order.id} payment={payment} {...(step.at === 'submitted' && { sent: step.hash })} />
      {attempt && attempt.status in FAILED && !underWay && payment.status === 'REQUESTED' && (
        <Notice tone="warn">{t(`payment.attempt.${attempt.status as keyof typeof FAILED}`)}</Notice>
      )}
      {!underWay && secsLeft > 0 && (
        <div className="space-y-3">
          {connected === null && <ConnectWallet className="w-full">{t('payment.connect')}</ConnectWallet>}
          {connected !== null && approval && (
            <Button
              className="w-full"
              busy={busy}
              onClick={() => void action.approve().then(() => setRound(round + 1))}
            >
              {t('payment.approve')}{' '}
              <Amount price={{ token: approval.contract, amount: approval.amount }} chainId={payment.chainId} />
            </Button>
          )}
          {connected !== null && !approval && (
            <Button
              className="w-full"
              busy={busy}
              disabled={busy || !quote.instructions}
              onClick={() => void action.pay()}
            >
              {t('payment.pay')}
            </Button>
          )}
          {approval && <p className="text-sm text-ink-soft">{t('payment.whyApprove')}</p>}
          <StepWords step={step} wallet={connected?.wallet.info.name ?? ''} />
        </div>
      )}
      {!underWay && secsLeft === 0 && <Notice tone="warn">{t('payment.windowOver')}</Notice>}
      {quote.fault !== null && secsLeft > 0 && <FaultNotice fault={quote.fault} />}
    </Card>
  );
}

/** What became of a transaction that will not pay. */
const FAILED = { REPLACED: true, REVERTED: true, DROPPED: true } as const;
