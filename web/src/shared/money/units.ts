/** Exact amounts: whole numbers of a token's smallest unit, as bigint. A float never comes near them. */

const DIGITS = /^[0-9]+$/;
/** What the API allows: 2^256 - 1. */
export const MAX_BASE_UNITS = 2n ** 256n - 1n;

/** The API's `BaseUnits`, a decimal string, as a number. */
export function baseUnits(text: string): bigint {
  if (!DIGITS.test(text)) throw new RangeError(`not a whole number of base units: ${JSON.stringify(text)}`);
  return BigInt(text);
}

export interface Parts {
  whole: bigint;
  /** Digits after the point, without zeros at the end; empty for a whole number. */
  fraction: string;
}

/** An amount above zero as digits before and after the point. */
export function parts(amount: bigint, decimals: number): Parts {
  const unit = 10n ** BigInt(decimals);
  const fraction = (amount % unit).toString().padStart(decimals, '0').replace(/0+$/, '');
  return { whole: amount / unit, fraction: decimals === 0 ? '' : fraction };
}

/** An amount as people write it, with a point, in no language: `1234.05`. */
export function toDecimal(amount: bigint, decimals: number): string {
  const { whole, fraction } = parts(amount, decimals);
  return fraction === '' ? whole.toString() : `${whole}.${fraction}`;
}

/** What someone typed, or null when it is no amount of a token with so many decimals. */
export function fromDecimal(text: string, decimals: number): bigint | null {
  const [, whole, fraction = ''] = /^([0-9]+)(?:\.([0-9]*))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || fraction.length > decimals) return null;
  const amount = BigInt(whole + fraction.padEnd(decimals, '0'));
  return amount <= MAX_BASE_UNITS ? amount : null;
}

/** Rounded up to so many leading digits: for estimates alone, which say that they are one. */
export function roundUp(amount: bigint, leading: number): bigint {
  const surplus = amount.toString().length - leading;
  if (surplus <= 0) return amount;
  const step = 10n ** BigInt(surplus);
  return ((amount + step - 1n) / step) * step;
}
