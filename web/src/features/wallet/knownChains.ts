import type { AddEthereumChainParameter, Chain } from 'viem';
import { arbitrum, base, baseSepolia, mainnet, optimism, polygon, sepolia } from 'viem/chains';
import { developmentRpc } from './development';

/** Chains whose public addresses the page knows, to add one to a wallet. */
export const KNOWN: readonly Chain[] = [mainnet, sepolia, polygon, base, baseSepolia, optimism, arbitrum];

const find = (chainId: string) => KNOWN.find((chain) => chain.id.toString() === chainId);

/** What the server calls a chain and its coin. */
export interface ChainNames {
  name: string;
  coin: { symbol: string; decimals: number } | null;
}

/** What `wallet_addEthereumChain` (EIP-3085) needs; null for a chain that people must add by hand. */
export async function describeChain(
  chainId: string,
  { name, coin }: ChainNames,
): Promise<AddEthereumChainParameter | null> {
  const id = `0x${BigInt(chainId).toString(16)}`;
  const known = find(chainId);
  if (known) {
    const explorer = known.blockExplorers?.default.url;
    return {
      chainId: id,
      chainName: known.name,
      nativeCurrency: known.nativeCurrency,
      rpcUrls: [...known.rpcUrls.default.http],
      ...(explorer !== undefined && { blockExplorerUrls: [explorer] }),
    };
  }
  const rpc = await developmentRpc(chainId);
  if (coin === null) return null;
  const nativeCurrency = { name: coin.symbol, symbol: coin.symbol, decimals: coin.decimals };
  return rpc === null ? null : { chainId: id, chainName: name, nativeCurrency, rpcUrls: [rpc] };
}
