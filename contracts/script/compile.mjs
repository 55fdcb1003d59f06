// Compiles Solidity with the solc that package-lock.json pins: no download, the same bytes on every machine.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import solc from 'solc'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)

/** Everything that decides over the bytecode, beside the sources. */
export const settings = {
  // Ganache 7.9.2, the local chain, stops at this fork.
  evmVersion: 'shanghai',
  optimizer: { enabled: true, runs: 10_000 },
  // Without it a comment would change the bytecode.
  metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
}

export const compilerVersion = solc.version()

/**
 * Compiles the files, given relative to this package, and everything they import.
 *
 * @returns {Record<string, { abi: object[], bytecode: `0x${string}` }>} by the contract's name
 * @throws when solc reports an error or a warning: a contract that holds money has neither
 */
export function compile(...files) {
  const { contracts } = compileWith(settings.outputSelection, ...files)
  const compiled = files.flatMap((file) => Object.entries(contracts[file] ?? {}))
  return Object.fromEntries(
    compiled.map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]),
  )
}

/** solc's own output for the files, with other parts of it than the usual ones; throws like `compile`. */
export function compileWith(outputSelection, ...files) {
  const sources = Object.fromEntries(files.map((file) => [file, { content: readFileSync(path.join(root, file), 'utf8') }]))
  const input = JSON.stringify({ language: 'Solidity', sources, settings: { ...settings, outputSelection } })
  const output = JSON.parse(solc.compile(input, { import: readImport }))
  if (output.errors?.length) throw new Error(output.errors.map((error) => error.formattedMessage).join('\n'))
  return output
}

function readImport(file) {
  try {
    const local = file.startsWith('@') ? require.resolve(file) : path.join(root, file)
    return { contents: readFileSync(local, 'utf8') }
  } catch (error) {
    return { error: error.message }
  }
}
