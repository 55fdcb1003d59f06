import { parts, roundUp } from './units';

/** What an amount is shown with. */
export interface Token {
  symbol: string;
  decimals: number;
}

/** Digits of an estimate that mean anything. */
const ESTIMATE_DIGITS = 3;
/** Between a number and its symbol, so that no line breaks there. */
const NO_BREAK_SPACE = '\u00a0';

/** An amount, exact, in the form of a language: `1,234.05 ETH`. */
export function formatAmount(amount: bigint, token: Token, language: string): string {
  return `${formatNumber(amount, token.decimals, language)}${NO_BREAK_SPACE}${token.symbol}`;
}

/** An estimate, rounded up so that it never promises too little. The page says beside it that it is one. */
export function formatEstimate(amount: bigint, token: Token, language: string): string {
  return formatAmount(roundUp(amount, ESTIMATE_DIGITS), token, language);
}

function formatNumber(amount: bigint, decimals: number, language: string): string {
  const { whole, fraction } = parts(amount, decimals);
  // A bigint is formatted exactly; the fraction's digits are put behind it as they are.
  const before = new Intl.NumberFormat(language).format(whole);
  return fraction === '' ? before : before + decimalPoint(language) + fraction;
}

function decimalPoint(language: string): string {
  const shown = new Intl.NumberFormat(language).formatToParts(0.5);
  return shown.find((part) => part.type === 'decimal')?.value ?? '.';
}
