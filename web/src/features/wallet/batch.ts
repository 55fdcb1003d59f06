import type { Address, Hash, Hex } from 'viem';
import { ensureAccount } from './sendCall';
import type { Connected } from './WalletContext';

/** A call of several, as `wallet_sendCalls` takes it. */
export interface BatchedCall {
  to: Address;
  data: Hex;
  value: Hex;
}

/** What became of several calls that were sent as one. */
export type BatchOutcome = { succeeded: true; hash: Hash } | { succeeded: false };

const LOOK_EVERY_MS = 1_000;
/** EIP-5792: below, they are under way; from here, they are in a block; from 300 on, they are not, or failed. */
const CONFIRMED = 200;
const FAILED = 300;

/** Whether a wallet sends several calls as one on a chain, all or none (EIP-5792). */
export async function sendsTogether({ wallet, account }: Connected, chainId: string): Promise<boolean> {
  const id = hexId(chainId);
  try {
    const told: unknown = await wallet.provider.request({ method: 'wallet_getCapabilities', params: [account, [id]] });
    // What is told of chain 0 holds for all.
    return Object.entries(told ?? {}).some(
      ([chain, capabilities]) => [BigInt(id), 0n].includes(BigInt(chain)) && isAtomic(capabilities),
    );
  } catch {
    // Older wallets do not know the question.
    return false;
  }
}

/** Has the wallet send calls as one; what it calls them. */
export async function sendTogether(
  connected: Connected,
  chainId: string,
  calls: readonly BatchedCall[],
): Promise<string> {
  await ensureAccount(connected);
  const { id } = await connected.wallet.provider.request({
    method: 'wallet_sendCalls',
    params: [{ version: '2.0.0', chainId: hexId(chainId), from: connected.account, atomicRequired: true, calls }],
  });
  return id;
}

/** Waits until calls that were sent as one are in a block or failed, or nobody waits any more. */
export async function batchOutcome(
  { wallet: { provider } }: Connected,
  id: string,
  signal: AbortSignal,
): Promise<BatchOutcome | null> {
  while (!signal.aborted) {
    const { status, receipts } = await provider.request({ method: 'wallet_getCallsStatus', params: [id] });
    if (status >= FAILED) return { succeeded: false };
    const hash = receipts?.at(-1)?.transactionHash;
    if (status >= CONFIRMED && hash !== undefined) return { succeeded: true, hash };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

function isAtomic(capabilities: unknown): boolean {
  const { atomic } = (capabilities ?? {}) as { atomic?: { status?: unknown } };
  return atomic?.status === 'supported' || atomic?.status === 'ready';
}

function hexId(chainId: string): Hex {
  return `0x${BigInt(chainId).toString(16)}`;
}
