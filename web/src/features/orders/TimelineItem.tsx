import { clsx } from 'clsx';
import { useTranslation } from 'react-i18next';
import type { TimelineEntryFragment } from '@/api/generated/graphql';
import { useSession } from '@/features/session/SessionContext';
import { TransactionLink } from '@/features/wallet/TransactionLink';
import { Amount } from '@/shared/money/Amount';
import { sameAddress } from '@/shared/sameAddress';
import { DateTime } from '@/shared/time/DateTime';
import { ShortHash } from '@/shared/ui/ShortHash';
import type { FullOrder } from './OrderDetails';

/** What may belong to an event; which of it does, depends on the event. */
interface Details {
  txHash?: string;
  amount?: string;
  reason?: string;
  carrier?: string;
  number?: string;
}

const BAD: ReadonlySet<string> = new Set([
  'ATTEMPT_FAILED',
  'ORDER_EXPIRED',
  'ORDER_REJECTED',
  'ORDER_PAYMENT_REVERTED',
  'PAYMENT_REVERTED',
  'DISPUTE_OPENED',
  'RELEASE_REVERTED',
  'REFUND_REVERTED',
]);

export function TimelineItem({
  entry,
  order,
  newest,
}: {
  entry: TimelineEntryFragment;
  order: FullOrder;
  newest: boolean;
}) {
  const { t } = useTranslation();
  const details = entry.details as Details;
  const { payment } = order;
  return (
    <li className="relative pl-6">
      <span
        aria-hidden
        className={clsx(
          'absolute top-1.5 left-0 size-[11px] rounded-full ring-4 ring-raised',
          BAD.has(entry.event) ? 'bg-bad' : newest ? 'bg-accent' : 'bg-line-strong',
        )}
      />
      <p className="text-sm font-semibold">{t(`event.${entry.event}`)}</p>
      <p className="text-xs text-ink-soft">
        <DateTime at={entry.at} style="precise" /> <By entry={entry} order={order} />
      </p>
      {details.amount && payment && (
        <p className="mt-1 text-sm">
          <Amount price={{ ...payment.price, amount: details.amount }} />
        </p>
      )}
      {entry.event === 'ORDER_REJECTED' && details.reason && <p className="mt-1 text-sm">“{details.reason}”</p>}
      {details.number && (
        <p className="mt-1 text-sm">
          {details.carrier} {details.number}
        </p>
      )}
      {details.txHash && payment && (
        <p className="mt-0.5 text-xs">
          <TransactionLink chainId={payment.chainId} hash={details.txHash} />
        </p>
      )}
    </li>
  );
}

/** Who did it; what nobody on this list did, a program did, or the chain. */
function By({ entry: { by }, order }: { entry: TimelineEntryFragment; order: FullOrder }) {
  const { t } = useTranslation();
  const { viewer } = useSession();
  if (by === null) return null;
  if (sameAddress(by, viewer?.address)) return <>· {t('order.by.you')}</>;
  if (sameAddress(by, order.buyer)) return <>· {t('order.by.buyer')}</>;
  if (sameAddress(by, order.shop.owner)) return <>· {t('order.by.shop')}</>;
  return (
    <>
      · <ShortHash value={by} />
    </>
  );
}
