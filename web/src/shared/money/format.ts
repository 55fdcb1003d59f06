import { parts, roundUp } from './units';

/** What an amount is shown with. */
export interface Currency {
  /** A token's symbol, or a fiat currency's code (ISO 4217). */
  symbol: string;
  decimals: number;
  fiat?: boolean;
}

/** Digits of an estimate that mean anything. */
const ESTIMATE_DIGITS = 3;
/** Between a number and its symbol, so that no line breaks there. */
const NO_BREAK_SPACE = '\u00a0';

/** An amount, exact, in the form of a language: `1,234.05 ETH`, `₩25,000`. */
export function formatAmount(amount: bigint, currency: Currency, language: string): string {
  if (currency.fiat === true) return formatFiat(amount, currency, language);
  return `${formatNumber(amount, currency.decimals, language)}${NO_BREAK_SPACE}${currency.symbol}`;
}

/** An estimate, rounded up so that it never promises too little. The page says beside it that it is one. */
export function formatEstimate(amount: bigint, token: Currency, language: string): string {
  return formatAmount(roundUp(amount, ESTIMATE_DIGITS), token, language);
}

/** A decimal number of the API, exact, in the form of a language. */
export function formatDecimal(text: string, currency: Currency, language: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return formatAmount(BigInt(whole + fraction), { ...currency, decimals: fraction.length }, language);
}

function formatFiat(amount: bigint, { symbol, decimals }: Currency, language: string): string {
  const unit = 10n ** BigInt(decimals);
  const form = numberFormat(language, symbol);
  // A bigint is formatted exactly; the fraction, all of it, is put behind its last digit.
  const shown = form.formatToParts(amount / unit);
  const fraction = (amount % unit).toString().padStart(decimals, '0');
  const end = shown.findLastIndex(({ type }) => type === 'integer');
  return shown
    .map(({ value }, index) => (index === end && decimals > 0 ? value + decimalPoint(language) + fraction : value))
    .join('');
}

function formatNumber(amount: bigint, decimals: number, language: string): string {
  const { whole, fraction } = parts(amount, decimals);
  // A bigint is formatted exactly; the fraction's digits are put behind it as they are.
  const before = numberFormat(language).format(whole);
  return fraction === '' ? before : before + decimalPoint(language) + fraction;
}

function decimalPoint(language: string): string {
  const shown = numberFormat(language).formatToParts(0.5);
  return shown.find((part) => part.type === 'decimal')?.value ?? '.';
}

const formats = new Map<string, Intl.NumberFormat>();

/** Kept, since making one takes longer than all that is formatted with it. */
function numberFormat(language: string, fiat = ''): Intl.NumberFormat {
  const name = `${language} ${fiat}`;
  const kept =
    formats.get(name) ??
    new Intl.NumberFormat(language, fiat === '' ? {} : { style: 'currency', currency: fiat, maximumFractionDigits: 0 });
  formats.set(name, kept);
  return kept;
}
