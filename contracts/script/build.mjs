// Writes artifacts/ShopEscrow.json, which alloy's `sol!` reads: it is committed, so that cargo needs no Node.
// With --check it writes nothing, and fails when the committed file is not what the source compiles to.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compile, compilerVersion, settings } from './compile.mjs'

const artefact = fileURLToPath(new URL('../artifacts/ShopEscrow.json', import.meta.url))

const { ShopEscrow } = compile('src/ShopEscrow.sol')
const { evmVersion, optimizer } = settings
const compiled = `${JSON.stringify(
  { contractName: 'ShopEscrow', compiler: { version: compilerVersion, evmVersion, optimizer }, ...ShopEscrow },
  null,
  2,
)}\n`

if (process.argv.includes('--check')) {
  const committed = existsSync(artefact) ? readFileSync(artefact, 'utf8') : undefined
  if (committed !== compiled) {
    console.error(`${artefact} does not match src/ShopEscrow.sol: run \`npm run build\` and commit it`)
    process.exit(1)
  }
} else {
  mkdirSync(new URL('../artifacts', import.meta.url), { recursive: true })
  writeFileSync(artefact, compiled)
  console.log(`${artefact}: ${(ShopEscrow.bytecode.length - 2) / 2} bytes of creation code`)
}
