import { createContext, use } from 'react';
import type { Address } from 'viem';
import type { Wallet } from './discovery';

/** A wallet that lets this page see an account. */
export interface Connected {
  wallet: Wallet;
  account: Address;
  /** As decimal string, like the API's. */
  chainId: string;
}

export interface WalletState {
  connected: Connected | null;
  /** Asks the wallet for an account; rejects with what the wallet says. */
  connect: (wallet: Wallet) => Promise<Connected>;
  /** Forgets the wallet here; what it allows is its own matter. */
  disconnect: () => void;
}

export const WalletContext = createContext<WalletState | null>(null);

export function useWallet(): WalletState {
  const state = use(WalletContext);
  if (state === null) throw new Error('useWallet outside of WalletProvider');
  return state;
}
