// Writes the artefacts that others read (alloy's `sol!`, the tests): they are committed, so that cargo needs no Node.
// With --check it writes nothing, and fails when a committed file is not what its source compiles to.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { artefactOf, PUBLISHED, render } from './publish.mjs'

const check = process.argv.includes('--check')
mkdirSync(new URL('../artifacts', import.meta.url), { recursive: true })

for (const name of Object.keys(PUBLISHED)) {
  const file = artefactOf(name)
  const compiled = render(name)
  if (!check) {
    writeFileSync(file, compiled)
    console.log(`${file}: ${(JSON.parse(compiled).bytecode.length - 2) / 2} bytes of creation code`)
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== compiled) {
    console.error(`${file} does not match ${PUBLISHED[name]}: run \`npm run build\` and commit it`)
    process.exitCode = 1
  }
}
