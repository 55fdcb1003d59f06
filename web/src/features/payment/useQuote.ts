import { useEffect, useState } from 'react';
import type { Address } from 'viem';
import { connection } from '@/api/connection';
import type { PaymentInstructionsFragment } from '@/api/generated/graphql';
import { useInstructions } from './usePayment';

export interface Quote {
  instructions: PaymentInstructionsFragment | null;
  fault: unknown;
}

/** How an order can be paid, and what the gas will cost; asked again for another wallet, and when `round` changes. */
export function useQuote(order: string, payer: Address | undefined, round: number): Quote {
  const instruct = useInstructions(order);
  const [quote, setQuote] = useState<Quote>({ instructions: null, fault: null });
  useEffect(() => {
    let current = true;
    const ask = () =>
      void instruct(payer).then(
        (instructions) => current && setQuote({ instructions, fault: null }),
        (fault: unknown) => current && setQuote({ instructions: null, fault }),
      );
    ask();
    const stop = connection.onReturn(ask);
    return () => {
      current = false;
      stop();
    };
  }, [instruct, payer, round]);
  return quote;
}
