import { type ReactNode, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Address } from 'viem';
import { remember } from '@/shared/remember';
import { discovery, type Wallet } from './discovery';
import { WalletRefusal } from './refusal';
import { type Connected, WalletContext } from './WalletContext';

/** The product name of the wallet that was used last, so that a reload finds it again. */
const LAST = remember('wallet');

/** Keeps the wallet that is in use, and follows its account and chain. */
export function WalletProvider({ children }: { children: ReactNode }) {
  const wallets = useSyncExternalStore(discovery.subscribe, discovery.now);
  const [connected, setConnected] = useState<Connected | null>(null);

  const connect = useCallback(async (wallet: Wallet) => {
    const next = await look(wallet, 'eth_requestAccounts');
    if (next === null) throw new WalletRefusal('unauthorized');
    LAST.set(wallet.info.rdns);
    setConnected(next);
    return next;
  }, []);

  const disconnect = useCallback(() => {
    LAST.set(null);
    setConnected(null);
  }, []);

  useReturningWallet(wallets, connected, setConnected);
  useWalletEvents(connected, setConnected);

  const state = useMemo(() => ({ connected, connect, disconnect }), [connected, connect, disconnect]);
  return <WalletContext value={state}>{children}</WalletContext>;
}

/** What the wallet shows us; null when it shows no account. */
async function look(wallet: Wallet, method: 'eth_requestAccounts' | 'eth_accounts'): Promise<Connected | null> {
  const [account] = await wallet.provider.request({ method });
  if (account === undefined) return null;
  const chainId = await wallet.provider.request({ method: 'eth_chainId' });
  return { wallet, account: account, chainId: BigInt(chainId).toString() };
}

/** After a reload: takes up the last wallet again, without a prompt, if it still shows an account. */
function useReturningWallet(
  wallets: readonly Wallet[],
  connected: Connected | null,
  setConnected: (next: Connected | null) => void,
): void {
  useEffect(() => {
    const last = LAST.get();
    const wallet = wallets.find(({ info }) => info.rdns === last);
    if (connected !== null || wallet === undefined) return;
    let current = true;
    void look(wallet, 'eth_accounts')
      .then((found) => {
        if (current && found) setConnected(found);
      })
      // Locked, or gone: the page asks when it needs the wallet.
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [wallets, connected, setConnected]);
}

function useWalletEvents(connected: Connected | null, setConnected: (next: Connected | null) => void): void {
  useEffect(() => {
    if (connected === null) return;
    const { provider } = connected.wallet;
    const accountsChanged = ([account]: readonly Address[]) =>
      setConnected(account === undefined ? null : { ...connected, account: account });
    const chainChanged = (chainId: string) => setConnected({ ...connected, chainId: BigInt(chainId).toString() });
    provider.on('accountsChanged', accountsChanged);
    provider.on('chainChanged', chainChanged);
    return () => {
      provider.removeListener('accountsChanged', accountsChanged);
      provider.removeListener('chainChanged', chainChanged);
    };
  }, [connected, setConnected]);
}
