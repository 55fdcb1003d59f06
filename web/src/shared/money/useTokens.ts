import { useMemo } from 'react';
import { useQuery } from 'urql';
import { type ChainsQuery, ChainsDocument, type Fiat } from '@/api/generated/graphql';

/** How the API names the chain's own coin. */
const COIN = '0x0000000000000000000000000000000000000000';

/** A token that is accepted. */
export type Token = ChainsQuery['chains'][number]['tokens'][number];
export type ChainCondition = ChainsQuery['chains'][number]['condition'];

/** Something that can be paid with. */
export type Asset = Pick<Token, 'symbol' | 'decimals'> & { chainId: string; token: Token['address'] };

/** The chains and their tokens, as the server names them. */
export interface Tokens {
  /** A token of a chain. Null until the server has answered, or when it knows no such token (any more). */
  of: (chainId: string, token: string) => Token | null;
  /** The coin that a chain's gas is paid in. */
  coin: (chainId: string) => Token | null;
  /** What a price in fiat money can be paid with. */
  payable: (fiat: Fiat) => Asset[];
  chainName: (chainId: string) => string;
  /** How a chain is followed. Null until the server has answered. */
  condition: (chainId: string) => ChainCondition | null;
  loading: boolean;
}

/** The tokens and chains that payments are taken in. One question for the whole page. */
export function useTokens(): Tokens {
  const [{ data, fetching }] = useQuery({ query: ChainsDocument });
  return useMemo(() => {
    const chains = data?.chains ?? [];
    const chain = (chainId: string) => chains.find((one) => one.chainId === chainId);
    const of = (chainId: string, token: string) =>
      chain(chainId)?.tokens.find(({ address }) => address.toLowerCase() === token.toLowerCase()) ?? null;
    const assets = chains.flatMap(({ chainId, tokens }) => tokens.map((token) => ({ ...token, chainId })));
    return {
      of,
      coin: (chainId) => of(chainId, COIN),
      payable: (fiat) =>
        assets
          .filter(({ fiats }) => fiats.includes(fiat))
          .map(({ chainId, address, symbol, decimals }) => ({ chainId, token: address, symbol, decimals })),
      chainName: (chainId) => chain(chainId)?.name ?? chainId,
      condition: (chainId) => chain(chainId)?.condition ?? null,
      loading: fetching,
    };
  }, [data, fetching]);
}
