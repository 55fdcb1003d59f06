import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceFragment } from '@/api/generated/graphql';
import { formatAmount, formatDecimal, formatEstimate } from './format';
import { priceInput, samePrice, total } from './price';
import { baseUnits, fromDecimal, MAX_BASE_UNITS, parts, roundUp, toDecimal } from './units';

const amounts = fc.bigInt(0n, MAX_BASE_UNITS);
const decimals = fc.integer({ min: 0, max: 36 });
const languages = fc.constantFrom('ko', 'en', 'de', 'fr');
const ether = { symbol: 'ETH', decimals: 18 };
const won = { symbol: 'KRW', decimals: 0, fiat: true };
const dollars = { symbol: 'USD', decimals: 2, fiat: true };

describe('base units', () => {
  it('are read from the decimal strings of the API', () => {
    fc.assert(fc.property(amounts, (amount) => baseUnits(amount.toString()) === amount));
  });

  it.each(['', '-1', '1.0', '1e3', ' 1', '0x1', 'NaN'])('are not %j', (text) => {
    expect(() => baseUnits(text)).toThrow(RangeError);
  });

  it('come back from their decimal form unchanged, with any number of decimals', () => {
    fc.assert(fc.property(amounts, decimals, (amount, d) => fromDecimal(toDecimal(amount, d), d) === amount));
  });

  it('are whole and fraction together', () => {
    fc.assert(
      fc.property(amounts, decimals, (amount, d) => {
        const { whole, fraction } = parts(amount, d);
        expect(whole * 10n ** BigInt(d) + BigInt(fraction.padEnd(d, '0') || '0')).toBe(amount);
        expect(fraction.endsWith('0')).toBe(false);
      }),
    );
  });
});

describe('what someone typed', () => {
  it.each(['', '.', '.5', '1,5', '-1', '1e18', '1.5.5', 'abc', '0x10', '１'])('is no amount: %j', (text) => {
    expect(fromDecimal(text, 18)).toBeNull();
  });

  it('is no amount with more decimals than the token has', () => {
    expect(fromDecimal('0.1234567', 6)).toBeNull();
    expect(fromDecimal('0.123456', 6)).toBe(123456n);
  });

  it('is no amount above what the API takes', () => {
    expect(fromDecimal(MAX_BASE_UNITS.toString(), 0)).toBe(MAX_BASE_UNITS);
    expect(fromDecimal((MAX_BASE_UNITS + 1n).toString(), 0)).toBeNull();
  });

  it('may end in a point while it is being typed', () => {
    expect(fromDecimal('12.', 2)).toBe(1200n);
  });
});

describe('a shown amount', () => {
  it('has every digit, in every language', () => {
    fc.assert(
      fc.property(amounts, decimals, languages, (amount, d, language) => {
        const shown = formatAmount(amount, { symbol: 'T', decimals: d }, language);
        const point = new Intl.NumberFormat(language).formatToParts(0.5).find((part) => part.type === 'decimal')?.value;
        const [whole = '', fraction = ''] = shown.slice(0, -2).split(point ?? '.');
        expect(fromDecimal(`${whole.replace(/\D/g, '')}.${fraction}`, d)).toBe(amount);
      }),
    );
  });

  it('reads well', () => {
    expect(formatAmount(1_234_050_000_000_000_000_000n, ether, 'en')).toBe('1,234.05\u00a0ETH');
    expect(formatAmount(1_234_050_000_000_000_000_000n, ether, 'de')).toBe('1.234,05\u00a0ETH');
    expect(formatAmount(1n, ether, 'ko')).toBe('0.000000000000000001\u00a0ETH');
    expect(formatAmount(25_000n, { symbol: 'TWD', decimals: 0 }, 'ko')).toBe('25,000\u00a0TWD');
  });

  it('of fiat money has its sign and all of its decimals', () => {
    expect(formatAmount(25_000n, won, 'ko')).toBe('₩25,000');
    expect(formatAmount(1_250n, dollars, 'en')).toBe('$12.50');
    expect(formatAmount(1_250n, dollars, 'ko')).toBe('US$12.50');
  });

  it('of fiat money has every digit', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const shown = formatAmount(amount, dollars, 'en');
        expect(BigInt(shown.replace(/\D/g, ''))).toBe(amount);
      }),
    );
  });
});

describe('a rate', () => {
  it('is shown as it is', () => {
    expect(formatDecimal('4200000', won, 'ko')).toBe('₩4,200,000');
    expect(formatDecimal('0.000012345678901234567890', dollars, 'en')).toBe('$0.000012345678901234567890');
  });
});

describe('a price', () => {
  const coin: PriceFragment = { currency: 'ETH', fiat: null, chainId: '1', token: '0x0', amount: '5', decimals: 18 };
  const elsewhere: PriceFragment = { ...coin, chainId: '2' };
  const fiat: PriceFragment = { currency: 'KRW', fiat: 'KRW', chainId: null, token: null, amount: '5', decimals: 0 };

  it('is the same only in the same currency, of the same chain', () => {
    expect(samePrice(coin, { ...coin })).toBe(true);
    expect(samePrice(coin, { ...coin, amount: '6' })).toBe(false);
    expect(samePrice(coin, elsewhere)).toBe(false);
    expect(samePrice(coin, fiat)).toBe(false);
  });

  it('adds up with those of its currency alone', () => {
    expect(total([])).toBeNull();
    expect(total([{ price: fiat, quantity: 3 }])).toEqual({ ...fiat, amount: '15' });
    const both = (other: PriceFragment) => [coin, other].map((price) => ({ price, quantity: 1 }));
    expect(total(both(coin))).toEqual({ ...coin, amount: '10' });
    expect(total(both(elsewhere))).toBeNull();
    expect(total(both(fiat))).toBeNull();
  });

  it('goes back to the API as what it is in', () => {
    expect(priceInput(coin)).toEqual({ chainId: '1', token: '0x0', amount: '5' });
    expect(priceInput(fiat)).toEqual({ fiat: 'KRW', amount: '5' });
  });
});

describe('an estimate', () => {
  it('is never less than the amount, and no more than a hundredth above it', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        const rounded = roundUp(amount, 3);
        expect(rounded >= amount).toBe(true);
        expect((rounded - amount) * 100n <= amount).toBe(true);
      }),
    );
  });

  it('is short', () => {
    expect(formatEstimate(284_098_776_293_669n, ether, 'en')).toBe('0.000285\u00a0ETH');
  });
});
