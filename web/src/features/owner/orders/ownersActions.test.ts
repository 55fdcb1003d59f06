import { describe, expect, it } from 'vitest';
import type { OrderStatus, PaymentStateFragment } from '@/api/generated/graphql';
import { ownersActions } from './ownersActions';

const NOON = Date.parse('2026-03-01T12:00:00Z');

function order(status: OrderStatus, payment: Partial<PaymentStateFragment> | null = {}) {
  const held = { status: 'CONFIRMED', held: '100', refundDue: null, releasableFrom: null, ...payment };
  return { status, payment: payment && (held as PaymentStateFragment) };
}

const offered = (...given: Parameters<typeof order>) => [...ownersActions(order(...given), NOON)].sort();

describe('what an owner can do', () => {
  it('follows the order', () => {
    expect(offered('AWAITING_PAYMENT', { status: 'REQUESTED', held: '0' })).toEqual(['reject']);
    expect(offered('PAID')).toEqual(['approve', 'refund', 'reject']);
    expect(offered('APPROVED')).toEqual(['refund', 'ship']);
    expect(offered('SHIPPED')).toEqual(['refund']);
    for (const status of ['CANCELLED', 'EXPIRED', 'COMPLETED', 'REFUNDED'] as const) {
      expect(offered(status, { held: '0' })).toEqual([]);
      expect(offered(status, null)).toEqual([]);
    }
  });

  it('is to give back what is held for an order that will not be delivered', () => {
    const due = { status: 'REFUND_DUE', refundDue: '100', releasableFrom: '2026-01-01T00:00:00Z' } as const;
    expect(offered('REJECTED', due)).toEqual(['refund']);
    expect(offered('CANCELLED', due)).toEqual(['refund']);
  });

  it('is to give in, and nothing else, while the arbiter decides', () => {
    for (const status of ['PAID', 'APPROVED', 'SHIPPED'] as const) {
      expect(offered(status, { status: 'DISPUTED' })).toEqual(['refund']);
    }
  });

  it('is to release when the hold time is over', () => {
    expect(offered('SHIPPED', { releasableFrom: '2026-03-01T11:59:59Z' })).toEqual(['refund', 'release']);
    expect(offered('SHIPPED', { releasableFrom: '2026-03-01T12:00:01Z' })).toEqual(['refund']);
  });
});
