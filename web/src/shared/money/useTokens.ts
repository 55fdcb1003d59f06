import { useMemo } from 'react';
import { useQuery } from 'urql';
import { ChainsDocument, type PriceFragment } from '@/api/generated/graphql';
import type { Token } from './format';

/** How the API names the chain's own coin. */
const COIN = '0x0000000000000000000000000000000000000000';

/** What amounts are shown with, as the server names it for its chains. */
export interface Tokens {
  /** The token of a price. Null until the server has answered, or when it knows no such token (any more). */
  of: (price: Pick<PriceFragment, 'token'>, chainId?: string) => Token | null;
  /** The coin that a chain's gas is paid in. */
  coin: (chainId: string) => Token | null;
  chainName: (chainId: string) => string;
  loading: boolean;
}

/** The tokens and chains that payments are taken in. One question for the whole page. */
export function useTokens(): Tokens {
  const [{ data, fetching }] = useQuery({ query: ChainsDocument });
  return useMemo(() => {
    const chains = data?.chains ?? [];
    const find = (address: string, chainId?: string) =>
      chains
        .filter((chain) => chainId === undefined || chain.chainId === chainId)
        .flatMap((chain) => chain.tokens)
        .find((token) => token.address.toLowerCase() === address.toLowerCase()) ?? null;
    return {
      of: ({ token }, chainId) => find(token, chainId),
      coin: (chainId) => find(COIN, chainId),
      chainName: (chainId) => chains.find((chain) => chain.chainId === chainId)?.name ?? chainId,
      loading: fetching,
    };
  }, [data, fetching]);
}
