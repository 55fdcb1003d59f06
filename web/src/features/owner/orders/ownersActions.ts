import type { OrderPageFragment } from '@/api/generated/graphql';

export type OwnersAction = 'approve' | 'ship' | 'reject' | 'refund' | 'release';

/** What an owner is offered. The server and the escrow have the last word; this keeps what is senseless off the page. */
export function ownersActions(
  { status, payment }: Pick<OrderPageFragment, 'status' | 'payment'>,
  now: number,
): ReadonlySet<OwnersAction> {
  const possible = new Set<OwnersAction>();
  const disputed = payment?.status === 'DISPUTED';
  if (!disputed) {
    if (status === 'PAID') possible.add('approve');
    if (status === 'APPROVED') possible.add('ship');
    if (status === 'AWAITING_PAYMENT' || status === 'PAID') possible.add('reject');
  }
  if (!payment || payment.held === '0') return possible;
  possible.add('refund');
  // When the hold time is over without a dispute, anyone may release: also who gets the money.
  const released = payment.releasableFrom && Date.parse(payment.releasableFrom) <= now;
  if (!disputed && payment.refundDue === null && released) possible.add('release');
  return possible;
}
