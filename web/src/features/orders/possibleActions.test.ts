import { describe, expect, it } from 'vitest';
import type { OrderPageFragment } from '@/api/generated/graphql';
import { type Part, partIn, possibleActions } from './possibleActions';

type Payment = NonNullable<OrderPageFragment['payment']>;

const NOW = Date.parse('2026-06-01T00:00:00Z');
const BEFORE = '2026-05-31T00:00:00Z';
const AFTER = '2026-06-02T00:00:00Z';
const A = '0x0000000000000000000000000000000000000001';

const payment: Payment = {
  id: 'p',
  status: 'CONFIRMED',
  price: { currency: 'ETH', fiat: null, chainId: '1', token: A, amount: '5', decimals: 18 },
  rate: null,
  deadline: AFTER,
  chainId: '1',
  escrow: A,
  seller: A,
  arbiter: A,
  uri: null,
  transactionHash: null,
  confirmations: '0',
  confirmationsRequired: '1',
  held: '5',
  released: '0',
  refunded: '0',
  refundDue: null,
  paidAt: BEFORE,
  releasableFrom: AFTER,
  dispute: null,
  attempts: [],
};
const dispute = { openedBy: A, openedAt: BEFORE, refundableFrom: AFTER } as const;
const offered = (part: Part | null, status: OrderPageFragment['status'], change: Partial<Payment> = {}) =>
  [...possibleActions({ status, payment: { ...payment, ...change } }, part, NOW)].sort();
const possible = (status: OrderPageFragment['status'], change: Partial<Payment> = {}) =>
  offered('buyer', status, change);

describe('a buyer is offered', () => {
  it('to cancel while nothing is paid', () => {
    expect(possible('AWAITING_PAYMENT', { status: 'REQUESTED', held: '0' })).toEqual(['cancel']);
  });

  it('nothing while the payment is on its way', () => {
    expect(possible('AWAITING_PAYMENT', { status: 'DETECTED', held: '0' })).toEqual([]);
    const attempt = { transactionHash: A, reportedAt: BEFORE } as const;
    const after = (status: 'PENDING' | 'DROPPED') =>
      possible('AWAITING_PAYMENT', { status: 'REQUESTED', held: '0', attempts: [{ ...attempt, status }] });
    expect(after('PENDING')).toEqual([]);
    expect(after('DROPPED')).toEqual(['cancel']);
  });

  it('to cancel or to dispute what is paid and not approved', () => {
    expect(possible('PAID')).toEqual(['cancel', 'dispute']);
  });

  it('to confirm what is on its way', () => {
    expect(possible('SHIPPED')).toEqual(['confirmDelivery', 'dispute']);
  });

  it('to release the money of what was delivered', () => {
    expect(possible('DELIVERED')).toEqual(['dispute', 'release']);
    expect(possible('DELIVERED', { held: '0', status: 'RELEASED' })).toEqual([]);
  });

  it('no dispute without an arbiter, after the hold time, or a second time', () => {
    expect(possible('APPROVED', { arbiter: null })).toEqual([]);
    expect(possible('APPROVED', { releasableFrom: BEFORE })).toEqual([]);
    expect(possible('APPROVED', { dispute })).toEqual([]);
  });

  it('in a dispute to give in, and to take the money back once the arbiter’s time is over', () => {
    expect(possible('SHIPPED', { status: 'DISPUTED', dispute })).toEqual(['release']);
    const late = { ...dispute, refundableFrom: BEFORE };
    expect(possible('SHIPPED', { status: 'DISPUTED', dispute: late })).toEqual(['refund', 'release']);
  });
});

describe('an arbiter', () => {
  it('decides while there is a dispute, and something to decide about', () => {
    expect(offered('arbiter', 'PAID')).toEqual([]);
    expect(offered('arbiter', 'PAID', { status: 'DISPUTED', dispute })).toEqual(['refund', 'release']);
    expect(offered('arbiter', 'PAID', { status: 'DISPUTED', dispute, held: '0' })).toEqual([]);
  });
});

describe('whoever looks at an order', () => {
  const [buyer, seller, arbiter] = ['0xaA', '0xbB', '0xcC'] as const;
  const order = { buyer, payment: { ...payment, seller, arbiter } };

  it('is known by the wallet, however it is written', () => {
    expect(partIn(order, '0xAA')).toBe('buyer');
    expect(partIn(order, '0xBB')).toBe('seller');
    expect(partIn(order, '0xCC')).toBe('arbiter');
  });

  it('has no part in it otherwise', () => {
    expect(partIn(order, '0xdD')).toBeNull();
    expect(partIn(order, undefined)).toBeNull();
    expect(offered(null, 'PAID')).toEqual([]);
  });
});
