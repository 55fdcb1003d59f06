import {
  type EIP1193Parameters,
  type EIP1193Provider,
  hexToString,
  http,
  numberToHex,
  type Hex,
  type TypedDataDefinition,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { development, type TestChain } from './development';

/** Ganache's deterministic wallet. Its words are public: it holds test money alone. */
const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect';
/** Who is who on the test chain, as script/server prints it. */
const PEOPLE = ['Owner', 'Customer', 'Customer 2', 'Auditor', 'Operator', 'Arbiter'];

/** Announces wallets that sign by themselves with the test chain's keys, as extensions announce theirs (EIP-6963). */
export async function announceTestWallets(): Promise<void> {
  const chains = (await development())?.chains ?? [];
  const [first] = chains;
  if (!first) return;
  const announce = PEOPLE.map((name, index) => {
    const detail = Object.freeze({
      info: describe(name, index),
      provider: testProvider(index, chains, first),
    });
    return () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
  });
  const all = () => announce.forEach((one) => one());
  window.addEventListener('eip6963:requestProvider', all);
  all();
}

function describe(name: string, index: number) {
  const hue = Math.round((360 / PEOPLE.length) * index);
  const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="hsl(${hue} 45% 42%)"/><circle cx="16" cy="12" r="5" fill="white"/><path d="M6 28a10 10 0 0 1 20 0" fill="white"/></svg>`;
  return {
    uuid: `test-${index}`,
    name,
    icon: `data:image/svg+xml,${encodeURIComponent(icon)}`,
    rdns: `test.gage.${index}`,
  };
}

function testProvider(index: number, chains: readonly TestChain[], first: TestChain): EIP1193Provider {
  const account = mnemonicToAccount(MNEMONIC, { addressIndex: index });
  let chain = first;
  const node = (ask: { method: string; params: unknown }) =>
    (http(chain.rpcUrl)({}).request as (ask: object) => Promise<unknown>)(ask);
  const idOf = ({ chainId }: TestChain) => numberToHex(BigInt(chainId));
  const turnTo = (id: Hex): Promise<null> => {
    const found = chains.find((one) => idOf(one) === id);
    if (!found) return Promise.reject(Object.assign(new Error('unknown chain'), { code: 4902 }));
    chain = found;
    return Promise.resolve(null);
  };

  const send = async (transaction: { to: Hex; data?: Hex; value?: Hex }): Promise<unknown> => {
    const from = account.address;
    const call = { from, ...transaction };
    const ask = (method: string, ...params: unknown[]) => node({ method, params }) as Promise<Hex>;
    const [gas, gasPrice, nonce] = await Promise.all([
      ask('eth_estimateGas', call),
      ask('eth_gasPrice'),
      ask('eth_getTransactionCount', from, 'pending'),
    ]);
    const signed = await account.signTransaction({
      type: 'eip1559',
      chainId: Number(chain.chainId),
      to: transaction.to,
      data: transaction.data ?? '0x',
      value: BigInt(transaction.value ?? '0x0'),
      // A little above the estimate, and twice the price of now, as wallets do.
      gas: (BigInt(gas) * 12n) / 10n,
      maxFeePerGas: BigInt(gasPrice) * 2n,
      maxPriorityFeePerGas: BigInt(gasPrice) / 10n,
      nonce: Number(nonce),
    });
    return ask('eth_sendRawTransaction', signed);
  };

  const request = ({ method, params }: EIP1193Parameters): Promise<unknown> => {
    const given = (params ?? []) as readonly unknown[];
    switch (method) {
      case 'eth_requestAccounts':
      case 'eth_accounts':
        return Promise.resolve([account.address.toLowerCase()]);
      case 'eth_chainId':
        return Promise.resolve(idOf(chain));
      case 'wallet_switchEthereumChain':
        return turnTo((given[0] as { chainId: Hex }).chainId);
      case 'personal_sign':
        return account.signMessage({ message: hexToString(given[0] as Hex) });
      case 'eth_signTypedData_v4':
        return account.signTypedData(JSON.parse(given[1] as string) as TypedDataDefinition);
      case 'eth_sendTransaction':
        return send(given[0] as { to: Hex; data?: Hex; value?: Hex });
      default:
        return node({ method, params });
    }
  };
  const never = () => undefined;
  return { request, on: never, removeListener: never } as unknown as EIP1193Provider;
}
