import type { OrderPageFragment } from '@/api/generated/graphql';
import { sameAddress } from '@/shared/sameAddress';

/** Who someone is to an order. */
export type Part = 'buyer' | 'seller' | 'arbiter';

export type Action = 'cancel' | 'confirmDelivery' | 'release' | 'refund' | 'dispute';

type Order = Pick<OrderPageFragment, 'status' | 'payment'>;

/** What part a wallet has in an order; null for those who only look. */
export function partIn(order: Pick<OrderPageFragment, 'buyer' | 'payment'>, wallet: string | undefined): Part | null {
  if (sameAddress(wallet, order.buyer)) return 'buyer';
  if (sameAddress(wallet, order.payment?.seller)) return 'seller';
  return sameAddress(wallet, order.payment?.arbiter ?? undefined) ? 'arbiter' : null;
}

/** What is offered. The server and the escrow have the last word; this keeps what is senseless off the page. */
export function possibleActions(order: Order, part: Part | null, now: number): ReadonlySet<Action> {
  switch (part) {
    case 'buyer':
      return buyersActions(order, now);
    case 'arbiter':
      return arbitersActions(order);
    // What a seller does has a place of its own.
    case 'seller':
    case null:
      return new Set();
  }
}

function arbitersActions({ payment }: Order): Set<Action> {
  const decides = payment?.status === 'DISPUTED' && payment.held !== '0';
  return new Set(decides ? ['release', 'refund'] : []);
}

function buyersActions({ status, payment }: Order, now: number): Set<Action> {
  const possible = new Set<Action>();
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
