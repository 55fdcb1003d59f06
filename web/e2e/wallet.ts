import type { BrowserContext, Page } from 'playwright-core';
import { createWalletClient, type Hex, hexToString, http, type LocalAccount } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

/** Ganache's deterministic wallet. Its words are public: it holds test money alone. */
export const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect';

/** What the person at the wallet does with the next prompts. */
export interface Person {
  account: LocalAccount;
  /** Says no to everything that has to be confirmed. */
  refuses: boolean;
  /** The chain that the wallet is on, where that is not the node's. */
  chainId: Hex | null;
  /** Chains that were added, as the page described them. */
  added: { chainId: Hex; rpcUrls: string[] }[];
  /** Messages and transactions that were confirmed. */
  confirmed: { method: string; params: unknown[] }[];
}

/** Puts a wallet into every page of a browser, announced as EIP-6963 has it, which signs with a key of the test chain. */
export async function installWallet(context: BrowserContext, index: number, rpcUrl: string): Promise<Person> {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: index });
  const person: Person = { account, refuses: false, chainId: null, added: [], confirmed: [] };
  const client = createWalletClient({ account, transport: http(rpcUrl) });
  const node = http(rpcUrl)({});

  await context.exposeFunction('testWallet', async (method: string, params: unknown[] = []) => {
    const confirms = method === 'personal_sign' || method === 'eth_sendTransaction';
    if (confirms && person.refuses) return { error: { code: 4001, message: 'User rejected the request.' } };
    if (confirms) person.confirmed.push({ method, params });
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      const { code = -32603, message } = error as { code?: number; message: string };
      return { error: { code, message } };
    }
  });

  const answer = async (method: string, params: unknown[]): Promise<unknown> => {
    switch (method) {
      case 'eth_accounts':
      case 'eth_requestAccounts':
        return [account.address.toLowerCase()];
      case 'personal_sign':
        return account.signMessage({ message: hexToString(params[0] as Hex) });
      case 'eth_sendTransaction': {
        const { to, data = '0x', value = '0x0' } = params[0] as { to: Hex; data?: Hex; value?: Hex };
        return client.sendTransaction({ chain: null, to, data, value: BigInt(value) });
      }
      case 'eth_chainId':
        return person.chainId ?? node.request({ method, params } as never);
      case 'wallet_switchEthereumChain': {
        const [{ chainId }] = params as [{ chainId: Hex }];
        if (!person.added.some((chain) => chain.chainId === chainId)) {
          throw Object.assign(new Error('Unrecognized chain ID'), { code: 4902 });
        }
        person.chainId = chainId;
        return null;
      }
      case 'wallet_addEthereumChain':
        person.added.push(params[0] as Person['added'][number]);
        person.chainId = person.added.at(-1)?.chainId ?? null;
        return null;
      default:
        return node.request({ method, params } as never);
    }
  };

  await context.addInitScript(announce);
  return person;
}

/** The person chooses another account, or chain, in the wallet itself. */
export async function emit(page: Page, name: 'accountsChanged' | 'chainChanged', payload: unknown): Promise<void> {
  await page.evaluate(
    (given) => (globalThis as unknown as { emitFromWallet: (...all: unknown[]) => void }).emitFromWallet(...given),
    [name, payload],
  );
}

/** Makes a block on the test chain. */
export async function mine(rpcUrl: string): Promise<void> {
  await http(rpcUrl)({}).request({ method: 'evm_mine', params: [] } as never);
}

/** Runs in the page. */
function announce() {
  const icon =
    'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"%3E%3Crect width="1" height="1" fill="%23e2761b"/%3E%3C/svg%3E';
  const info = {
    uuid: '6a4f5b0e-0000-4000-8000-000000000001',
    name: 'Browser Wallet',
    icon,
    rdns: 'com.example.wallet',
  };
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  const provider = {
    request: async ({ method, params }: { method: string; params?: unknown[] }) => {
      const ask = (globalThis as unknown as { testWallet: (...given: unknown[]) => Promise<never> }).testWallet;
      const { result, error } = (await ask(method, params)) as {
        result?: unknown;
        error?: { code: number; message: string };
      };
      if (error) throw Object.assign(new Error(error.message), { code: error.code });
      return result;
    },
    on: (name: string, listener: (payload: unknown) => void) => {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
    },
    removeListener: (name: string, listener: (payload: unknown) => void) => listeners.get(name)?.delete(listener),
  };
  Object.assign(globalThis, {
    emitFromWallet: (name: string, payload: unknown) => listeners.get(name)?.forEach((listener) => listener(payload)),
  });
  const detail = Object.freeze({ info, provider });
  const tell = () => globalThis.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
  globalThis.addEventListener('eip6963:requestProvider', tell);
  tell();
}
