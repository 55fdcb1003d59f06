// Puts a token on a test chain and gives some of it to an account; prints its address.
// usage: node token.mjs RPC_URL KEY_FILE ACCOUNT NAME SYMBOL [CONTRACT]
//   With 6 decimals. CONTRACT is an artefact of contracts/; TestToken when it is left out.
import { readFileSync } from 'node:fs';
import { createPublicClient, createWalletClient, http } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

const [rpcUrl, keyFile, holder, name, symbol, contract = 'TestToken'] = process.argv.slice(2);
const artifact = new URL(`../../contracts/artifacts/${contract}.json`, import.meta.url);
const { abi, bytecode } = JSON.parse(readFileSync(artifact, 'utf8'));
const key = /** @type {`0x${string}`} */ (readFileSync(keyFile ?? '', 'utf8').trim());
const transport = http(rpcUrl);
const wallet = createWalletClient({ account: privateKeyToAccount(key), transport });
const chain = createPublicClient({ transport, pollingInterval: 100 });

// Some name themselves.
const takesNames = abi.some(
  (/** @type {import('viem').Abi[number]} */ part) => part.type === 'constructor' && part.inputs.length > 0,
);
const args = takesNames ? [name, symbol, 6] : [];
const deployment = await wallet.deployContract({ chain: null, abi, bytecode, args });
const { contractAddress } = await chain.waitForTransactionReceipt({ hash: deployment });
if (!contractAddress) throw new Error('no contract was made');
const mint = { chain: null, address: contractAddress, abi, functionName: 'mint', args: [holder, 1_000_000_000_000n] };
await chain.waitForTransactionReceipt({ hash: await wallet.writeContract(mint) });
console.log(contractAddress);
