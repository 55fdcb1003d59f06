import { useMemo } from 'react';
import { useQuery } from 'urql';
import { ChainsDocument } from '@/api/generated/graphql';
import { type Denomination, denominations } from '../rules';

/** What a price can be in at this server. */
export function useDenominations(): readonly Denomination[] {
  const [{ data }] = useQuery({ query: ChainsDocument });
  return useMemo(
    () =>
      denominations(
        (data?.chains ?? []).flatMap(({ chainId, tokens }) =>
          tokens.map(({ address, ...token }) => ({ ...token, chainId, token: address })),
        ),
      ),
    [data],
  );
}
