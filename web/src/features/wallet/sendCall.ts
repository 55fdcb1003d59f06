import type { Address, Hash, Hex } from 'viem';
import { sameAddress } from '@/shared/sameAddress';
import { WalletRefusal } from './refusal';
import type { Connected } from './WalletContext';

/** A call as the API describes it. */
export interface Call {
  contract: Address;
  callData: Hex;
  /** Wei, a decimal string. */
  value: string;
}

/** What became of a transaction, as the wallet's node knows it. */
export type Outcome = 'succeeded' | 'reverted';

const LOOK_EVERY_MS = 1_000;
/** How long a node may not know a transaction that its wallet has just sent. */
const LOOKS_FOR_NONCE = 20;

/** Makes sure that the wallet still shows the account that is meant. */
export async function ensureAccount({ wallet: { provider }, account }: Connected): Promise<void> {
  const [current] = await provider.request({ method: 'eth_accounts' });
  if (!sameAddress(current, account)) throw new WalletRefusal('wrongAccount');
}

/** Has the wallet sign and send a call. The wallet sets the fees. */
export async function sendCall(connected: Connected, call: Call): Promise<Hash> {
  await ensureAccount(connected);
  const { account, wallet } = connected;
  const value = `0x${BigInt(call.value).toString(16)}` as const;
  const transaction = { from: account, to: call.contract, data: call.callData, value };
  return wallet.provider.request({ method: 'eth_sendTransaction', params: [transaction] });
}

/** The nonce of a transaction that was just sent, as decimal string; null when the node does not show it. */
export async function nonceOf({ wallet: { provider } }: Connected, hash: Hash): Promise<string | null> {
  for (let look = 0; look < LOOKS_FOR_NONCE; look += 1) {
    const transaction = await provider
      .request({ method: 'eth_getTransactionByHash', params: [hash] })
      .catch(() => null);
    if (transaction !== null) return BigInt(transaction.nonce).toString();
    await pause();
  }
  return null;
}

/** Waits until a transaction is in a block, or nobody waits any more. */
export async function outcomeOf(
  { wallet: { provider } }: Connected,
  hash: Hash,
  signal: AbortSignal,
): Promise<Outcome | null> {
  while (!signal.aborted) {
    // A node that does not answer now may do so next time; the transaction is on its way all the same.
    const receipt = await provider.request({ method: 'eth_getTransactionReceipt', params: [hash] }).catch(() => null);
    if (receipt !== null) return BigInt(receipt.status) === 1n ? 'succeeded' : 'reverted';
    await pause();
  }
  return null;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
}
