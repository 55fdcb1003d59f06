import { describe, expect, it } from 'vitest';
import { ApiFault } from '@/api/errors';
import { WalletRefusal } from '@/features/wallet/refusal';
import { closes, type Way, wayToPay } from './way';

const approval = { contract: '0x1', callData: '0x', amount: '5', gas: null } as const;
const none = new Set<Way>();

describe('the way to pay', () => {
  it('is the payment alone where nothing has to be allowed', () => {
    expect(wayToPay({ approval: null, permit: null }, true, none)).toBe('pay');
  });

  it('is the one with the fewest prompts', () => {
    expect(wayToPay({ approval, permit: '{}' }, true, none)).toBe('together');
    expect(wayToPay({ approval, permit: '{}' }, false, none)).toBe('permit');
    expect(wayToPay({ approval, permit: null }, false, none)).toBe('approve');
  });

  it('is the next one where a wallet cannot go the first', () => {
    expect(wayToPay({ approval, permit: '{}' }, true, new Set<Way>(['together']))).toBe('permit');
    expect(wayToPay({ approval, permit: '{}' }, true, new Set<Way>(['together', 'permit']))).toBe('approve');
  });
});

describe('a way is left', () => {
  it('when the wallet sends nothing together, or does not want to', () => {
    expect(closes('together', { code: 5750, message: 'rejected upgrade' })).toBe(true);
    expect(closes('together', { code: -32601, message: 'no such method' })).toBe(true);
  });

  it('when its signature is no permit, as with contract wallets', () => {
    expect(closes('permit', new ApiFault('PERMIT_INVALID'))).toBe(true);
    expect(closes('permit', new WalletRefusal('unsupported'))).toBe(true);
  });

  it.each(['together', 'permit', 'approve', 'pay'] as const)('not when the person says no once: %s', (way) => {
    expect(closes(way, { code: 4001, message: 'User rejected the request.' })).toBe(false);
  });
});
