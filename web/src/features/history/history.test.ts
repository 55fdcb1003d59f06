import { describe, expect, it } from 'vitest';
import type { HistoryEventFragment } from './generated/graphql';
import { trees } from './causes';
import { idOf, kindOf } from './eventTypes';
import { asked, cursorOf, NOTHING, problems, readFilters, written } from './filters';

const WALLET = '0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1';

describe('filters', () => {
  it('stand in the address as they are typed, and only those that are asked', () => {
    const filters = { ...NOTHING, type: 'OrderPlaced', actor: WALLET };
    const address = new URLSearchParams(written(filters));
    expect(address.toString()).toBe(`type=OrderPlaced&actor=${WALLET}`);
    expect(readFilters(address)).toEqual(filters);
  });

  it('become the question, a wallet by its address alone', () => {
    expect(asked({ ...NOTHING, actor: ` ${WALLET} `, type: 'OrderPlaced' }, null)).toEqual({
      types: ['OrderPlaced'],
      actor: `wallet:${WALLET}`,
    });
    expect(asked({ ...NOTHING, actor: 'system:listener' }, 'shop')).toEqual({ shop: 'shop', actor: 'system:listener' });
  });

  it('ask of a stream, and not of its shop as well', () => {
    expect(asked({ ...NOTHING, stream: 'Order:1' }, 'shop')).toEqual({ stream: 'Order:1', related: false });
    expect(asked({ ...NOTHING, stream: 'T3JkZXI6MDE4' }, null)).toEqual({ stream: 'T3JkZXI6MDE4', related: true });
  });

  it('take times by the reader’s clock', () => {
    const { from } = asked({ ...NOTHING, from: '2026-03-01T09:30' }, null);
    expect(from).toBe(new Date(2026, 2, 1, 9, 30).toISOString());
  });

  it('say which fields cannot be meant', () => {
    const wrong = { type: '', stream: 'a b', actor: 'someone', correlation: '7', from: 'soon', until: 'later' };
    expect(problems(wrong)).toEqual(['stream', 'actor', 'correlation', 'from', 'until']);
    const right = {
      ...NOTHING,
      stream: 'T3JkZXI6MDE4ZjNjNWU',
      actor: `wallet:${WALLET}`,
      correlation: '018f3c5e-7b5a-7000-8000-000000000009',
    };
    expect(problems(right)).toEqual([]);
  });
});

it('a position becomes a cursor', () => {
  expect(cursorOf('771-42')).toBe('NzcxLTQy');
  expect(cursorOf('771')).toBeNull();
  expect(cursorOf('')).toBeNull();
});

it('a stream has a kind and an id', () => {
  expect(kindOf('Order:018f-1')).toBe('Order');
  expect(kindOf('Cart:1')).toBeNull();
  expect(idOf('Payout:1337-0x1-0x2')).toBe('1337-0x1-0x2');
});

describe('causes', () => {
  const event = (cursor: string) => ({ cursor }) as HistoryEventFragment;

  it('become trees in the order of the history', () => {
    const grown = trees([
      { event: event('a'), causedBy: null },
      { event: event('b'), causedBy: 'a' },
      { event: event('c'), causedBy: null },
      { event: event('d'), causedBy: 'b' },
      { event: event('e'), causedBy: 'a' },
    ]);
    const shape = (nodes: ReturnType<typeof trees>): unknown =>
      nodes.map(({ event, led }) => [event.cursor, ...(led.length > 0 ? [shape(led)] : [])]);
    expect(shape(grown)).toEqual([['a', [['b', [['d']]], ['e']]], ['c']]);
  });

  it('begin with what names a cause that is not there', () => {
    expect(trees([{ event: event('b'), causedBy: 'gone' }])).toHaveLength(1);
    expect(trees([{ event: event('b'), causedBy: 'b' }])).toHaveLength(1);
  });
});
