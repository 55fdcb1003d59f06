import { expect, test } from 'vitest';
import type { UserErrorFragment } from '@/api/generated/graphql';
import { deliveryInput, type Draft, EMPTY, missing, refusedFields } from './draft';

const HONG: Draft = { ...EMPTY, recipient: ' 홍길동 ', contact: '010-1234-5678', address: '사직로 161' };

test('a name, a way to reach them and an address are enough', () => {
  expect(missing(EMPTY)).toEqual(['recipient', 'contact', 'address']);
  expect(missing({ ...HONG, contact: '  ' })).toEqual(['contact']);
  expect(missing(HONG)).toEqual([]);
});

test('what is not filled in is not sent', () => {
  expect(deliveryInput({ ...HONG, note: ' ' })).toEqual({
    recipient: '홍길동',
    contact: '010-1234-5678',
    address: '사직로 161',
    addressDetail: null,
    postalCode: null,
    note: null,
  });
});

test('what the API refused is told where it stands', () => {
  const refused = (...field: string[]) => ({ code: 'TEXT_INVALID', field }) as unknown as UserErrorFragment;
  expect(refusedFields([refused('delivery', 'note'), refused('lines'), refused('delivery')])).toEqual(['note']);
});
