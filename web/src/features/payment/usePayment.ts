import { useCallback, useState } from 'react';
import { useClient } from 'urql';
import { answered } from '@/api/errors';
import {
  type PaymentInstructionsFragment,
  ReportPaymentAttemptDocument,
  RequestPaymentDocument,
} from '@/api/generated/graphql';
import { newIdempotencyKey } from '@/api/idempotency';
import { nonceOf } from '@/features/wallet/sendCall';
import { useWalletAction } from '@/features/wallet/useWalletAction';
import type { Connected } from '@/features/wallet/WalletContext';
import type { Address, Hash, Hex } from 'viem';
import { closes, type Way } from './way';

/** Asks the server how to pay an order with a wallet; with its signature of the permit, if it has given one. */
export function useInstructions(order: string) {
  const client = useClient();
  return useCallback(
    async (payer: Address | undefined, permitSignature?: Hex): Promise<PaymentInstructionsFragment> => {
      const input = {
        order,
        ...(payer !== undefined && { payer }),
        ...(permitSignature !== undefined && { permitSignature }),
      };
      const { data, error } = await client.mutation(RequestPaymentDocument, { input }).toPromise();
      const { instructions } = answered(data?.requestPayment, error);
      if (!instructions) throw new Error('neither instructions nor a reason');
      return instructions;
    },
    [client, order],
  );
}

/** Pays an order on a way that the wallet can go. */
export function usePayment(order: string) {
  const client = useClient();
  const instruct = useInstructions(order);
  const action = useWalletAction();
  const { setStep, sign, submit, submitTogether, settle } = action;
  const [closed, setClosed] = useState<ReadonlySet<Way>>(new Set());

  /** A hint for the server, so that it can tell when the transaction is replaced or fails. Paying works without it. */
  const report = async (wallet: Connected, transactionHash: Hash) => {
    const nonce = await nonceOf(wallet, transactionHash);
    if (nonce === null) return;
    const input = { idempotencyKey: newIdempotencyKey(), order, transactionHash, nonce };
    await client.mutation(ReportPaymentAttemptDocument, { input }).toPromise();
  };

  const pay = async (wallet: Connected, { chainId, contract, callData, value }: PaymentInstructionsFragment) =>
    report(wallet, await submit(wallet, { chainId, contract, callData, value }));

  const ways: Record<Way, (wallet: Connected, instructions: PaymentInstructionsFragment) => Promise<void>> = {
    pay,
    together: (wallet, { chainId, calls }) => submitTogether(wallet, chainId, calls),
    permit: async (wallet, { chainId, permit }) => {
      const signature = permit === null ? undefined : await sign(wallet, chainId, permit);
      await pay(wallet, await instruct(wallet.account, signature));
    },
    approve: async (wallet, { chainId, approval }) => {
      if (!approval) {
        setStep({ at: 'idle' });
        return;
      }
      const { contract, callData } = approval;
      const hash = await submit(wallet, { chainId, contract, callData, value: '0' });
      await settle(wallet, hash);
      setStep({ at: 'succeeded', hash });
    },
  };

  /** Goes a way, with instructions of this moment. */
  const go = (way: Way) =>
    action.run(async (wallet) => {
      try {
        await ways[way](wallet, await instruct(wallet.account));
      } catch (fault) {
        if (closes(way, fault)) setClosed(new Set([...closed, way]));
        throw fault;
      }
    });

  return { ...action, closed, go };
}
