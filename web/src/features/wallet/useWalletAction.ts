import { useEffect, useRef, useState } from 'react';
import { useTokens } from '@/shared/money/useTokens';
import { refusalOf } from './refusal';
import { type Call, outcomeOf, sendCall } from './sendCall';
import { ensureChain } from './switchChain';
import { type Connected, useWallet } from './WalletContext';
import type { Hash } from 'viem';

/** How far a call to the wallet is. */
export type Step =
  | { at: 'idle' }
  | { at: 'preparing' }
  | { at: 'switching' }
  | { at: 'signing' }
  | { at: 'submitted'; hash: Hash }
  | { at: 'succeeded'; hash: Hash }
  | { at: 'failed'; fault: unknown };

/** A call, and the chain on which to send it. */
export interface ChainCall extends Call {
  chainId: string;
}

/** Has the connected wallet send a call, step by step, and waits until it is in a block. */
export function useWalletAction() {
  const { connected } = useWallet();
  const { chainName } = useTokens();
  const [step, setStep] = useState<Step>({ at: 'idle' });
  const left = useRef(new AbortController());
  useEffect(() => {
    left.current = new AbortController();
    const { current } = left;
    return () => current.abort();
  }, []);

  /** Sends a call; its hash, or throws what was in the way. */
  const submit = async (wallet: Connected, call: ChainCall): Promise<Hash> => {
    setStep({ at: 'switching' });
    await ensureChain(wallet, call.chainId, chainName(call.chainId));
    setStep({ at: 'signing' });
    const hash = await sendCall(wallet, call);
    setStep({ at: 'submitted', hash });
    return hash;
  };

  /** Waits for a sent call; throws when it failed. */
  const settle = async (wallet: Connected, hash: Hash): Promise<void> => {
    const outcome = await outcomeOf(wallet, hash, left.current.signal);
    if (outcome === 'reverted') throw new TransactionFailed(hash);
  };

  /** Runs what asks the wallet for something, and keeps what goes wrong. */
  const run = async (work: (wallet: Connected) => Promise<void>): Promise<void> => {
    if (connected === null) return;
    setStep({ at: 'preparing' });
    try {
      await work(connected);
    } catch (fault) {
      setStep({ at: 'failed', fault });
    }
  };

  return { connected, step, setStep, run, submit, settle };
}

export type WalletAction = ReturnType<typeof useWalletAction>;

/** A transaction that is in a block and did nothing. */
export class TransactionFailed extends Error {
  constructor(readonly hash: Hash) {
    super(`transaction ${hash} failed`);
    this.name = 'TransactionFailed';
  }
}

/** Whether the person said no, which is no fault. */
export function saidNo(fault: unknown): boolean {
  return refusalOf(fault) === 'rejected';
}
