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

/** Asks the server for a movement's call, as the escrow would take it now. */
export function usePreparedCall(order: string, movement: Movement): (by: Address) => Promise<WalletCallFragment> {
  const client = useClient();
  const ask = async (by: Address): Promise<PreparedCallFragment | undefined> => {
    const [variables, context] = [{ order, by }, { requestPolicy: 'network-only' }] as const;
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
        const { data, error } = await client.query(DisputeCallDocument, variables, context).toPromise();
        if (error) throw new ApiFault(codeOf(error));
        return data?.order?.payment?.disputeCall;
      }
    }
  };
  return async (by) => {
    const prepared = await ask(by);
    if (prepared?.refused) throw new CallRefused(prepared.refused);
    if (!prepared?.call) throw new ApiFault('NOT_FOUND');
    return prepared.call;
  };
}
