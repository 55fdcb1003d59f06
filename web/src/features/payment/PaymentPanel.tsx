import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OrderPageFragment, PaymentStateFragment } from '@/api/generated/graphql';
import { ConnectWallet } from '@/features/wallet/ConnectWallet';
import { Amount } from '@/shared/money/Amount';
import { useSecondsUntil } from '@/shared/time/useSecondsUntil';
import { Card } from '@/shared/ui/Card';
import { FaultNotice } from '@/shared/ui/FaultNotice';
import { Notice } from '@/shared/ui/Notice';
import { ChainNotice } from './ChainNotice';
import { Countdown } from './Countdown';
import { GasEstimate } from './GasEstimate';
import { PayButton } from './PayButton';
import { PayElsewhere } from './PayElsewhere';
import { PaymentProgress } from './PaymentProgress';
import { RateNote } from './RateNote';
import { StepWords } from './StepWords';
import { useBatching } from './useBatching';
import { usePayment } from './usePayment';
import { useQuote } from './useQuote';
import { type Way, wayToPay } from './way';

interface PaymentPanelProps {
  order: OrderPageFragment;
  payment: PaymentStateFragment;
}

/** Pays an order that waits for it: how much, how long still, what the gas will cost, and the wallet's button. */
export function PaymentPanel({ order, payment }: PaymentPanelProps) {
  const { t } = useTranslation();
  const { connected, step, closed, go } = usePayment(order.id);
  const [round, setRound] = useState(0);
  const quote = useQuote(order.id, connected?.account, round);
  const { instructions } = quote;
  const batches = useBatching(connected, payment.chainId, (instructions?.calls.length ?? 0) > 1);
  const way = instructions && batches !== undefined ? wayToPay(instructions, batches, closed) : null;
  const secsLeft = useSecondsUntil(payment.deadline);
  const busy = ['preparing', 'switching', 'signing'].includes(step.at);
  const attempt = payment.attempts.at(-1);
  const sent = step.at === 'submitted' ? step.hash : null;
  // The server knows more of a transaction than the button that sent it.
  const reported = payment.attempts.some(({ transactionHash }) => transactionHash === sent);
  const underWay =
    payment.status === 'DETECTED' || attempt?.status === 'PENDING' || (step.at === 'submitted' && !reported);
  const open = !underWay && secsLeft > 0;

  // After one approval there may be another, or the payment.
  const proceed = (next: Way) => void go(next).then(() => next === 'approve' && setRound(round + 1));

  return (
    <Card className="space-y-5" aria-labelledby="payment-title">
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div>
          <h2 id="payment-title" className="text-sm font-medium text-ink-soft">
            {t('payment.toPay')}
          </h2>
          <p className="text-3xl font-bold tracking-tight">
            <Amount price={payment.price} />
          </p>
        </div>
        {!underWay && <Countdown secs={secsLeft} />}
      </div>
      {payment.rate && <RateNote payment={payment} rate={payment.rate} />}
      <ChainNotice chainId={payment.chainId} />
      {payment.status === 'REQUESTED' && open && <GasEstimate chainId={payment.chainId} quote={quote} way={way} />}
      <PaymentProgress order={order.id} payment={payment} {...(sent !== null && { sent })} />
      {attempt && attempt.status in FAILED && !underWay && payment.status === 'REQUESTED' && (
        <Notice tone="warn">{t(`payment.attempt.${attempt.status as keyof typeof FAILED}`)}</Notice>
      )}
      {open && (
        <div className="space-y-3">
          {connected ? (
            <PayButton payment={payment} instructions={instructions} way={way} busy={busy} onGo={proceed} />
          ) : (
            <ConnectWallet className="w-full">{t('payment.connect')}</ConnectWallet>
          )}
        </div>
      )}
      {(open || (step.at === 'submitted' && sent === null)) && (
        <StepWords step={step} wallet={connected?.wallet.info.name ?? ''} />
      )}
      {open && payment.uri !== null && <PayElsewhere order={order.id} uri={payment.uri} />}
      {!underWay && secsLeft === 0 && <Notice tone="warn">{t('payment.windowOver')}</Notice>}
      {open && quote.fault !== null && <FaultNotice fault={quote.fault} />}
    </Card>
  );
}

/** What became of a transaction that will not pay. */
const FAILED = { REPLACED: true, REVERTED: true, DROPPED: true } as const;
