import { readFileSync } from 'node:fs';
import {
  type Abi,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hash,
  type Hex,
  http,
  type LocalAccount,
} from 'viem';

export interface Call {
  to: Hex;
  data: Hex;
  value: bigint;
}

/** What a wallet acts for. */
export interface Account {
  address: Hex;
  /** The key. */
  signer: LocalAccount;
  /** Sends a call, with so much gas if it is given. */
  send: (call: Call, gas?: bigint | null) => Promise<Hash>;
  /** Sends nothing to itself in the place of its last transaction, which is not in a block yet, if it can. */
  cancels?: () => Promise<Hash>;
  /** Sends calls as one, if it can. */
  sendTogether?: (calls: readonly Call[]) => Promise<Hash>;
}

const GWEI = 1_000_000_000n;

/** An account that is a key. */
export function plainAccount(signer: LocalAccount, rpcUrl: string): Account {
  const client = createWalletClient({ account: signer, transport: http(rpcUrl) });
  const send: Account['send'] = (call, gas) => client.sendTransaction({ chain: null, ...call, ...(gas && { gas }) });
  const cancels = async () => {
    const chain = createPublicClient({ transport: http(rpcUrl) });
    const nonce = await chain.getTransactionCount({ address: signer.address });
    const [maxFeePerGas, maxPriorityFeePerGas] = [200n * GWEI, 100n * GWEI];
    return client.sendTransaction({ chain: null, to: signer.address, nonce, maxFeePerGas, maxPriorityFeePerGas });
  };
  return { address: signer.address, signer, send, cancels };
}

/** An account that is a contract, put onto the chain for this, and obeys a key. It sends calls as one. */
export async function contractAccount(signer: LocalAccount, rpcUrl: string): Promise<Account> {
  const { abi, bytecode } = artifact('ContractWallet');
  const client = createWalletClient({ account: signer, transport: http(rpcUrl) });
  const hash = await client.deployContract({ chain: null, abi, bytecode, args: [signer.address] });
  const chain = createPublicClient({ transport: http(rpcUrl), pollingInterval: 100 });
  const { contractAddress: address } = await chain.waitForTransactionReceipt({ hash });
  if (!address) throw new Error('no contract was made');
  const through = (functionName: string, args: unknown[], value: bigint) =>
    client.sendTransaction({ chain: null, to: address, data: encodeFunctionData({ abi, functionName, args }), value });
  return {
    address,
    signer,
    send: ({ to, data, value }) => through('execute', [to, value, data], value),
    sendTogether: (calls) =>
      through(
        'executeBatch',
        [calls],
        calls.reduce((sum, { value }) => sum + value, 0n),
      ),
  };
}

/** Calls that the token contracts of the tests take. */
export const tokenCall = {
  mint: (token: Hex, to: Hex, amount: bigint) => ofToken(token, 'mint', [to, amount]),
  approve: (token: Hex, spender: Hex, amount: bigint) => ofToken(token, 'approve', [spender, amount]),
};

function ofToken(to: Hex, functionName: string, args: unknown[]): Call {
  return { to, data: encodeFunctionData({ abi: artifact('TestToken').abi, functionName, args }), value: 0n };
}

function artifact(name: string): { abi: Abi; bytecode: Hex } {
  const file = new URL(`../../contracts/artifacts/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as { abi: Abi; bytecode: Hex };
}
