import { describe, expect, it } from 'vitest';
import { placedWithin } from './placedWithin';

describe('the time within which orders were placed', () => {
  it('is of whole days where somebody is', () => {
    expect(placedWithin({ from: '2026-01-30', to: '2026-01-31' })).toEqual({
      placedFrom: new Date(2026, 0, 30).toISOString(),
      placedBefore: new Date(2026, 1, 1).toISOString(),
    });
  });

  it('has no bound where no day is given, or none that there is', () => {
    expect(placedWithin({ from: '', to: '' })).toEqual({ placedFrom: null, placedBefore: null });
    expect(placedWithin({ from: '2026-13-45', to: '0001-01-01' })).toEqual({ placedFrom: null, placedBefore: null });
  });
});
