import type { BrowserContext, Page } from 'playwright-core';
import { type Hex, hexToString, http, type LocalAccount, type TypedDataDefinition } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { type Account, plainAccount } from './account';

/** Ganache's deterministic wallet. Its words are public: it holds test money alone. */
export const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect';

export const personAt = (index: number): LocalAccount => mnemonicToAccount(MNEMONIC, { addressIndex: index });

/** What asks the person first. */
const PROMPTS = ['personal_sign', 'eth_signTypedData_v4', 'eth_sendTransaction', 'wallet_sendCalls'];

/** What the person at the wallet does with the next prompts. */
export interface Person {
  account: Account;
  /** Says no to everything that has to be confirmed. */
  refuses: boolean;
  /** The chain that the wallet is on, where that is not the node's. */
  chainId: Hex | null;
  /** Gas that the next transactions get, where the person has set it. */
  gas: bigint | null;
  /** Chains that were added, as the page described them. */
  added: { chainId: Hex; rpcUrls: string[] }[];
  /** What was confirmed: messages, typed data, transactions. */
  confirmed: { method: string; params: unknown[] }[];
}

/** Puts a wallet into every page of a browser, announced as EIP-6963 has it, which signs with a key of the test chain. */
export async function installWallet(
  context: BrowserContext,
  rpcUrl: string,
  account: Account | number,
): Promise<Person> {
  const own = typeof account === 'number' ? plainAccount(personAt(account), rpcUrl) : account;
  const person: Person = { account: own, refuses: false, chainId: null, gas: null, added: [], confirmed: [] };
  const answer = wallet(person, rpcUrl);
  await context.exposeFunction('testWallet', async (method: string, params: unknown[] = []) => {
    const prompts = PROMPTS.includes(method);
    if (prompts && person.refuses) return { error: { code: 4001, message: 'User rejected the request.' } };
    if (prompts) person.confirmed.push({ method, params });
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      const { code = -32603, message } = error as { code?: number; message: string };
      return { error: { code, message } };
    }
  });
  await context.addInitScript(announce);
  return person;
}

function wallet(person: Person, rpcUrl: string): (method: string, params: unknown[]) => Promise<unknown> {
  const node = http(rpcUrl)({});
  const ask = (method: string, params: unknown[]): Promise<unknown> => node.request({ method, params } as never);
  const chainId = async () => person.chainId ?? String(await ask('eth_chainId', []));

  return async (method, params) => {
    const { account } = person;
    switch (method) {
      case 'eth_accounts':
      case 'eth_requestAccounts':
        return [account.address.toLowerCase()];
      case 'personal_sign':
        return account.signer.signMessage({ message: hexToString(params[0] as Hex) });
      case 'eth_signTypedData_v4':
        return account.signer.signTypedData(JSON.parse(params[1] as string) as TypedDataDefinition);
      case 'eth_sendTransaction': {
        const { to, data = '0x', value = '0x0' } = params[0] as { to: Hex; data?: Hex; value?: Hex };
        return account.send({ to, data, value: BigInt(value) }, person.gas);
      }
      case 'wallet_getCapabilities':
        if (!account.sendTogether) throw refusal(-32601, 'the method does not exist');
        return { [await chainId()]: { atomic: { status: 'supported' } } };
      case 'wallet_sendCalls': {
        if (!account.sendTogether) throw refusal(-32601, 'the method does not exist');
        const [{ calls }] = params as [{ calls: { to: Hex; data: Hex; value: Hex }[] }];
        return { id: await account.sendTogether(calls.map((call) => ({ ...call, value: BigInt(call.value) }))) };
      }
      case 'wallet_getCallsStatus': {
        const id = params[0] as Hex;
        const receipt = await ask('eth_getTransactionReceipt', [id]);
        return { version: '2.0.0', id, atomic: true, status: receipt ? 200 : 100, receipts: receipt ? [receipt] : [] };
      }
      case 'eth_chainId':
        return chainId();
      case 'wallet_switchEthereumChain': {
        const [{ chainId: wanted }] = params as [{ chainId: Hex }];
        if (!person.added.some((chain) => chain.chainId === wanted)) throw refusal(4902, 'Unrecognized chain ID');
        person.chainId = wanted;
        return null;
      }
      case 'wallet_addEthereumChain':
        person.added.push(params[0] as Person['added'][number]);
        person.chainId = person.added.at(-1)?.chainId ?? null;
        return null;
      default:
        return ask(method, params);
    }
  };
}

function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The person chooses another account, or chain, in the wallet itself. */
export async function emit(page: Page, name: 'accountsChanged' | 'chainChanged', payload: unknown): Promise<void> {
  await page.evaluate(
    (given) => (globalThis as unknown as { emitFromWallet: (...all: unknown[]) => void }).emitFromWallet(...given),
    [name, payload],
  );
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
