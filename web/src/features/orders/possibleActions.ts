import type { OrderPageFragment } from '@/api/generated/graphql';

export type BuyersAction = 'cancel' | 'confirmDelivery' | 'release' | 'refund' | 'dispute';

/** What a buyer is offered. The server and the escrow have the last word; this keeps what is senseless off the page. */
export function possibleActions(
  { status, payment }: Pick<OrderPageFragment, 'status' | 'payment'>,
  now: number,
): ReadonlySet<BuyersAction> {
  const possible = new Set<BuyersAction>();
  if (!payment) return possible;
  const past = (moment: string | null | undefined) => (moment ? Date.parse(moment) <= now : false);
  const disputed = payment.status === 'DISPUTED';

  // What is on its way would arrive at an order that nobody waits for.
  const underWay = payment.status !== 'REQUESTED' || payment.attempts.some((attempt) => attempt.status === 'PENDING');
  if (status === 'AWAITING_PAYMENT' && !underWay) possible.add('cancel');
  if (status === 'PAID' && !disputed) possible.add('cancel');
  if (status === 'SHIPPED' && !disputed) possible.add('confirmDelivery');
  if (payment.held === '0') return possible;

  if (status === 'DELIVERED' || disputed) possible.add('release');
  if (disputed && past(payment.dispute?.refundableFrom)) possible.add('refund');
  if (payment.arbiter && !payment.dispute && !past(payment.releasableFrom)) possible.add('dispute');
  return possible;
}
