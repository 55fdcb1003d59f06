import { useClient } from 'urql';
import type { Address } from 'viem';
import { ApiFault, codeOf } from '@/api/errors';
import {
  DisputeCallDocument,
  type PreparedCallFragment,
  RefundCallDocument,
  ReleaseCallDocument,
  type WalletCallFragment,
} from '@/api/generated/graphql';
import { CallRefused } from './CallRefused';

/** What can be done with money that is held. */
export type Movement = 'release' | 'refund' | 'dispute';

/** Asks the server for a movement's call, as the escrow would take it now; for all that is held without an amount. */
export function usePreparedCall(order: string, movement: Movement) {
  const client = useClient();
  const ask = async (by: Address, amount: string | null): Promise<PreparedCallFragment | undefined> => {
    const [variables, context] = [{ order, by, amount }, { requestPolicy: 'network-only' }] as const;
    switch (movement) {
      case 'release': {
        const { data, error } = await client.query(ReleaseCallDocument, variables, context).toPromise();
        if (error) throw new ApiFault(codeOf(error));
        return data?.order?.payment?.releaseCall;
      }
      case 'refund': {
        const { data, error } = await client.query(RefundCallDocument, variables, context).toPromise();
        if (error) throw new ApiFault(codeOf(error));
        return data?.order?.payment?.refundCall;
      }
      case 'dispute': {
        const { data, error } = await client.query(DisputeCallDocument, { order, by }, context).toPromise();
        if (error) throw new ApiFault(codeOf(error));
        return data?.order?.payment?.disputeCall;
      }
    }
  };
  return async (by: Address, amount?: string | null): Promise<WalletCallFragment> => {
    const prepared = await ask(by, amount ?? null);
    if (prepared?.refused) throw new CallRefused(prepared.refused);
    if (!prepared?.call) throw new ApiFault('NOT_FOUND');
    return prepared.call;
  };
}
