// Runs slither over the contracts that stand on a chain, and fails when it finds what docs/contract-security.md does not answer, or when that
// answers what is no longer found.
//
// usage: node script/slither.mjs SLITHER   (script/slither of the repository installs the program, and runs this)
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const CONTRACTS = ['src/ShopEscrow.sol', 'src/RootAnchor.sol']
const ANSWERS = 'docs/contract-security.md'
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const findings = new Map(CONTRACTS.flatMap((contract) => analysed(process.argv[2], contract)))
const answers = answered(readFileSync(here(`../../${ANSWERS}`), 'utf8'))
const unanswered = [...findings.keys()].filter((row) => !answers.has(row))
const outdated = [...answers].filter((row) => !findings.has(row))

for (const row of unanswered) console.error(`${findings.get(row)}Not answered in ${ANSWERS}; its row begins with\n${row}\n`)
for (const row of outdated) console.error(`Answered in ${ANSWERS}, but not found any more:\n${row}\n`)
if (unanswered.length || outdated.length) process.exit(1)
console.log(`slither: ${findings.size} findings in ${CONTRACTS.join(' and ')}, all of them answered`)

/** Slither's descriptions, each with how its row of the table of answers begins. */
function analysed(slither, contract) {
  // Its own filters would drop whatever touches a library, for example every transfer of a token: so no filter, and no
  // comment in the source that hides something.
  const options = ['--solc', here('solc.mjs'), '--show-ignored-findings', '--disable-color', '--json', '-']
  const run = spawnSync(slither, [contract, ...options], { cwd: here('..'), encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (run.error) throw run.error
  const { success, error, results } = run.stdout ? JSON.parse(run.stdout) : { success: false, error: run.stderr }
  if (!success) throw new Error(`slither failed on ${contract}: ${error}`)
  const ours = (results.detectors ?? []).filter(({ elements }) =>
    elements.some(({ source_mapping: { filename_relative: file } }) => file === contract),
  )
  return ours.map((finding) => [rowOf(finding), finding.description])
}

// Without line numbers, which every change above would move.
function rowOf({ check, elements }) {
  const [{ name }, ...parts] = elements
  const cells = [check, name, [...new Set(parts.map((part) => part.name))].join('; ')]
  return `| ${cells.map((cell) => `\`${cell.replaceAll('|', '\\|')}\``).join(' | ')} |`
}

/** The beginnings of the rows of the table of answers: each names a check, where, and what. */
function answered(page) {
  const row = /^\| `[a-z0-9-]+` \| `.*?` \| `.*` \|(?= .*[^ |])/
  return new Set(page.split('\n').flatMap((line) => line.match(row)?.[0] ?? []))
}
