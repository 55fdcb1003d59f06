import { useCallback } from 'react';
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
import type { Address, Hash } from 'viem';

/** Asks the server how to pay an order with a wallet. */
export function useInstructions(order: string) {
  const client = useClient();
  return useCallback(
    async (payer: Address | undefined): Promise<PaymentInstructionsFragment> => {
      const input = { order, ...(payer !== undefined && { payer }) };
      const { data, error } = await client.mutation(RequestPaymentDocument, { input }).toPromise();
      const { instructions } = answered(data?.requestPayment, error);
      if (!instructions) throw new Error('neither instructions nor a reason');
      return instructions;
    },
    [client, order],
  );
}

/** Pays an order: the approval first where a token needs one, then the payment, whose transaction is reported. */
export function usePayment(order: string) {
  const client = useClient();
  const instruct = useInstructions(order);
  const action = useWalletAction();
  const { run, submit, settle } = action;

  /** A hint for the server, so that it can tell when the transaction is replaced or fails. Paying works without it. */
  const report = async (wallet: Connected, transactionHash: Hash) => {
    const nonce = await nonceOf(wallet, transactionHash);
    if (nonce === null) return;
    const input = { idempotencyKey: newIdempotencyKey(), order, transactionHash, nonce };
    await client.mutation(ReportPaymentAttemptDocument, { input }).toPromise();
  };

  const approve = () =>
    run(async (wallet) => {
      const { approval, chainId } = await instruct(wallet.account);
      if (!approval) {
        action.setStep({ at: 'idle' });
        return;
      }
      const hash = await submit(wallet, {
        chainId,
        contract: approval.contract,
        callData: approval.callData,
        value: '0',
      });
      await settle(wallet, hash);
      action.setStep({ at: 'succeeded', hash });
    });

  const pay = () =>
    run(async (wallet) => {
      const { chainId, contract, callData, value } = await instruct(wallet.account);
      const hash = await submit(wallet, { chainId, contract, callData, value });
      await report(wallet, hash);
    });

  return { ...action, approve, pay };
}
