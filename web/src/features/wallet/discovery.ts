import type { EIP1193Provider } from 'viem';

/** What a wallet says of itself (EIP-6963). */
export interface WalletInfo {
  uuid: string;
  name: string;
  /** A data: URL; anything else is not shown. */
  icon: string;
  /** Names the product, for example io.metamask. */
  rdns: string;
}

export interface Wallet {
  info: WalletInfo;
  provider: EIP1193Provider;
}

let wallets: readonly Wallet[] = [];
const listeners = new Set<() => void>();

/** Every wallet that has announced itself, in that order. */
export const discovery = {
  now: (): readonly Wallet[] => wallets,

  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },

  /** Listens, and asks the wallets that were here before us to announce themselves once more. */
  start(): void {
    window.addEventListener('eip6963:announceProvider', (event) => {
      const { detail } = event as CustomEvent<unknown>;
      if (!isWallet(detail) || wallets.some(({ info }) => info.uuid === detail.info.uuid)) return;
      wallets = [...wallets, detail];
      listeners.forEach((tell) => tell());
    });
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  },
};

/** Any script may send such an event: what is not as the standard has it is left out. */
function isWallet(detail: unknown): detail is Wallet {
  const { info, provider } = (detail ?? {}) as Partial<Wallet>;
  return (
    [info?.uuid, info?.name, info?.icon, info?.rdns].every((text) => typeof text === 'string') &&
    typeof provider?.request === 'function'
  );
}
