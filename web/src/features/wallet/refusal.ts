/** Why a wallet did not do what it was asked, as the page tells it (`refusal.*` in the translations). */
export type Refusal =
  | 'rejected'
  | 'pending'
  | 'unauthorized'
  | 'unsupported'
  | 'notTogether'
  | 'disconnected'
  | 'unknownChain'
  | 'wrongChain'
  | 'wrongAccount'
  | 'insufficientFunds'
  | 'nonce'
  | 'wouldFail'
  | 'unknown';

/** A refusal that the page itself saw. */
export class WalletRefusal extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal);
    this.name = 'WalletRefusal';
  }
}

// EIP-1193, EIP-1474, EIP-3085, EIP-3326, EIP-5792 and what MetaMask adds.
const BY_CODE: Record<number, Refusal> = {
  4001: 'rejected',
  4100: 'unauthorized',
  4200: 'unsupported',
  4900: 'disconnected',
  4901: 'disconnected',
  4902: 'unknownChain',
  5000: 'rejected',
  5700: 'notTogether',
  5710: 'notTogether',
  5740: 'notTogether',
  5750: 'notTogether',
  5760: 'notTogether',
  [-32002]: 'pending',
  [-32601]: 'unsupported',
};

// Nodes and wallets share no code for these.
const BY_WORDS: readonly (readonly [RegExp, Refusal])[] = [
  [/insufficient funds|exceeds (the )?balance|not (have )?enough (funds|balance)/i, 'insufficientFunds'],
  [/nonce too low|replacement transaction|already known/i, 'nonce'],
  [/user (rejected|denied)|denied by user/i, 'rejected'],
  [/revert|execution failed/i, 'wouldFail'],
  [/unrecognized chain|unknown chain/i, 'unknownChain'],
];

/** How deep wallets wrap the error of the node. */
const DEEPEST = 5;

/** What a wallet's error means. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof WalletRefusal) return error.refusal;
  let inner: unknown = error;
  for (let depth = 0; depth < DEEPEST && isObject(inner); depth += 1) {
    const refusal = read(inner);
    if (refusal) return refusal;
    const { data, cause } = inner as { data?: unknown; cause?: unknown };
    // MetaMask wraps twice: the node's answer is in `data`, sometimes in its `originalError`.
    inner = isObject(data) ? ((data as { originalError?: unknown }).originalError ?? data) : cause;
  }
  return 'unknown';
}

function read(error: object): Refusal | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'number' && BY_CODE[code]) return BY_CODE[code];
  if (typeof message !== 'string') return undefined;
  return BY_WORDS.find(([words]) => words.test(message))?.[1];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
