import { useEffect, useRef, useState } from 'react';
import { useTokens } from '@/shared/money/useTokens';
import { batchOutcome, type BatchedCall, sendTogether } from './batch';
import { refusalOf } from './refusal';
import { type Call, outcomeOf, sendCall } from './sendCall';
import { signTypedData } from './signTypedData';
import { ensureChain } from './switchChain';
import { type Connected, useWallet } from './WalletContext';
import type { Hash, Hex } from 'viem';

/** How far a call to the wallet is. */
export type Step =
  | { at: 'idle' }
  | { at: 'preparing' }
  | { at: 'switching' }
  | { at: 'signing' }
  /** Without a hash while the wallet keeps it to itself. */
  | { at: 'submitted'; hash: Hash | null }
  | { at: 'succeeded'; hash: Hash }
  | { at: 'failed'; fault: unknown };

/** A call, and the chain on which to send it. */
export interface ChainCall extends Call {
  chainId: string;
}

/** Has the connected wallet send a call, step by step, and waits until it is in a block. */
export function useWalletAction() {
  const { connected } = useWallet();
  const tokens = useTokens();
  const [step, setStep] = useState<Step>({ at: 'idle' });
  const left = useRef(new AbortController());
  useEffect(() => {
    left.current = new AbortController();
    const { current } = left;
    return () => current.abort();
  }, []);

  /** Brings the wallet to the chain on which it is to sign something. */
  const begin = async (wallet: Connected, chainId: string): Promise<void> => {
    setStep({ at: 'switching' });
    await ensureChain(wallet, chainId, { name: tokens.chainName(chainId), coin: tokens.coin(chainId) });
    setStep({ at: 'signing' });
  };

  /** Has typed data signed, given as JSON. */
  const sign = async (wallet: Connected, chainId: string, typedData: string): Promise<Hex> => {
    await begin(wallet, chainId);
    return signTypedData(wallet, typedData);
  };

  /** Sends calls as one, and waits until they are in a block; null when nobody waits any more. */
  const submitTogether = async (wallet: Connected, chainId: string, calls: readonly BatchedCall[]) => {
    await begin(wallet, chainId);
    const id = await sendTogether(wallet, chainId, calls);
    setStep({ at: 'submitted', hash: null });
    const outcome = await batchOutcome(wallet, id, left.current.signal);
    if (outcome?.succeeded === false) throw new TransactionFailed();
    if (outcome) setStep({ at: 'submitted', hash: outcome.hash });
  };

  /** Sends a call; its hash, or throws what was in the way. */
  const submit = async (wallet: Connected, call: ChainCall): Promise<Hash> => {
    await begin(wallet, call.chainId);
    const hash = await sendCall(wallet, call);
    setStep({ at: 'submitted', hash });
    return hash;
  };

  /** Waits for a sent call; throws when it failed. */
  const settle = async (wallet: Connected, hash: Hash): Promise<void> => {
    const outcome = await outcomeOf(wallet, hash, left.current.signal);
    if (outcome === 'reverted') throw new TransactionFailed();
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

  return { connected, step, setStep, run, sign, submit, submitTogether, settle };
}

export type WalletAction = ReturnType<typeof useWalletAction>;

/** A transaction that is in a block and did nothing. */
export class TransactionFailed extends Error {
  constructor() {
    super('the transaction failed');
    this.name = 'TransactionFailed';
  }
}

/** Whether the person said no, which is no fault. */
export function saidNo(fault: unknown): boolean {
  return refusalOf(fault) === 'rejected';
}
