import type { Hex } from 'viem';
import { WalletRefusal } from './refusal';
import { ensureAccount } from './sendCall';
import type { Connected } from './WalletContext';

/** Has the wallet sign typed data (EIP-712), which is given as JSON. */
export async function signTypedData(connected: Connected, typedData: string): Promise<Hex> {
  await ensureAccount(connected);
  const { provider } = connected.wallet;
  const signature: unknown = await provider.request({
    method: 'eth_signTypedData_v4',
    params: [connected.account, typedData],
  });
  if (typeof signature !== 'string') throw new WalletRefusal('unsupported');
  return signature as Hex;
}
