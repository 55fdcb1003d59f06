import { clsx } from 'clsx';
import { Check, LoaderCircle } from 'lucide-react';
import { useEffect } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { useQuery } from 'urql';
import { PaymentProgressDocument, type PaymentStateFragment } from '@/api/generated/graphql';
import { TransactionLink } from '@/features/wallet/TransactionLink';

/** Blocks come without an event of ours, so confirmations are asked for while they count. */
const LOOK_EVERY_MS = 2_000;

interface PaymentProgressProps {
  order: string;
  payment: PaymentStateFragment;
  /** A transaction that this page has just sent. */
  sent?: string;
}

type Stage = 'submitted' | 'seen' | 'confirmed';

/** How far the paying transaction is: submitted, seen, n of m confirmations, confirmed. */
export function PaymentProgress({ order, payment, sent }: PaymentProgressProps) {
  const { t } = useTranslation();
  useLooking(order, payment.status === 'DETECTED');
  const pending = payment.attempts.findLast((attempt) => attempt.status === 'PENDING')?.transactionHash ?? sent;
  const hash = payment.transactionHash ?? pending;
  if (hash === undefined) return null;

  const reached: Stage =
    payment.status === 'REQUESTED' ? 'submitted' : payment.status === 'DETECTED' ? 'seen' : 'confirmed';
  const stages: { stage: Stage; words: string }[] = [
    { stage: 'submitted', words: t('payment.stage.submitted') },
    { stage: 'seen', words: t('payment.stage.seen') },
    {
      stage: 'confirmed',
      words: reached === 'seen' ? confirming(t, payment) : t('payment.stage.confirmed'),
    },
  ];
  const at = stages.findIndex(({ stage }) => stage === reached);
  return (
    <div className="rounded-xl bg-sunken p-4" role="status">
      <ol className="space-y-2.5">
        {stages.map(({ stage, words }, index) => {
          const done = index <= at;
          const Icon = done ? Check : LoaderCircle;
          return (
            <li key={stage} className={clsx('flex items-center gap-3 text-sm', index > at + 1 && 'text-ink-soft')}>
              <span
                className={clsx(
                  'grid size-6 shrink-0 place-items-center rounded-full',
                  done ? 'bg-accent text-on-accent' : 'bg-raised text-ink-soft',
                )}
              >
                {index <= at + 1 && <Icon aria-hidden className={clsx('size-3.5', !done && 'animate-spin')} />}
              </span>
              <span className={clsx(done && 'font-semibold')}>{words}</span>
            </li>
          );
        })}
      </ol>
      <p className="mt-3 border-t border-line pt-3 text-sm text-ink-soft">
        {t('payment.transaction')} <TransactionLink chainId={payment.chainId} hash={hash} />
      </p>
    </div>
  );
}

/** How many a chain needs is not known while it is away. */
function confirming(t: TFunction, { confirmations: seen, confirmationsRequired: required }: PaymentStateFragment) {
  return required === null
    ? t('payment.stage.confirmations', { seen })
    : t('payment.stage.confirming', { seen, required });
}

function useLooking(order: string, looking: boolean): void {
  const [, look] = useQuery({ query: PaymentProgressDocument, variables: { order }, pause: !looking });
  useEffect(() => {
    if (!looking) return;
    const timer = setInterval(() => look({ requestPolicy: 'network-only' }), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [looking, look]);
}
