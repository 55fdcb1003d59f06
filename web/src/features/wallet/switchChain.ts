import type { Connected } from './WalletContext';
import type { ChainNames } from './knownChains';
import { refusalOf, WalletRefusal } from './refusal';

/** Makes sure that a wallet is on a chain: asks it to switch, and to add the chain where it does not know it. */
export async function ensureChain(
  { wallet: { provider } }: Connected,
  chainId: string,
  names: ChainNames,
): Promise<void> {
  const wanted = `0x${BigInt(chainId).toString(16)}` as const;
  const isThere = async () => BigInt(await provider.request({ method: 'eth_chainId' })) === BigInt(chainId);
  if (await isThere()) return;
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: wanted }] });
  } catch (error) {
    if (refusalOf(error) !== 'unknownChain') throw error;
    const { describeChain } = await import('./knownChains');
    const description = await describeChain(chainId, names);
    if (description === null) throw new WalletRefusal('unknownChain');
    await provider.request({ method: 'wallet_addEthereumChain', params: [description] });
  }
  // Some wallets add a chain without switching to it.
  if (!(await isThere())) throw new WalletRefusal('wrongChain');
}
