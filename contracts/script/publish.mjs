// Which contracts are published as artefacts, and what such a file says.
import { fileURLToPath } from 'node:url'
import { compile, compilerVersion, settings } from './compile.mjs'

/** By the contract's name, the file it is compiled from: artifacts/<name>.json. */
export const PUBLISHED = {
  ShopEscrow: 'src/ShopEscrow.sol',
  OffchainSignatureValidator: 'src/OffchainSignatureValidator.sol',
  RootAnchor: 'src/RootAnchor.sol',
  TestToken: 'src/dev/TestToken.sol',
  ContractWallet: 'src/dev/ContractWallet.sol',
  ContractWalletFactory: 'src/dev/ContractWalletFactory.sol',
  MultiPayer: 'src/dev/MultiPayer.sol',
  PermitDomain: 'src/dev/PermitDomain.sol',
  PriceFeed: 'src/dev/PriceFeed.sol',
  ZeroFirstToken: 'src/dev/ZeroFirstToken.sol',
}

export const artefactOf = (name) => fileURLToPath(new URL(`../artifacts/${name}.json`, import.meta.url))

/** Compiles a published contract, alone so that no other file can change a byte of it. */
export function render(name) {
  const { abi, bytecode } = compile(PUBLISHED[name])[name]
  const { evmVersion, optimizer } = settings
  const compiler = { version: compilerVersion, evmVersion, optimizer }
  return `${JSON.stringify({ contractName: name, compiler, abi, bytecode }, null, 2)}\n`
}
