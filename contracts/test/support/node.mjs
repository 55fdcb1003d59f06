// Starts and ends the two real chains that the tests run on, from node_modules, each on a free port of its own.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const require = createRequire(import.meta.url)
const START_TIMEOUT_MS = 30_000

/** The mnemonic of Ganache's `--wallet.deterministic`; Anvil is given the same, so both know the same accounts. */
export const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect'
export const CHAIN_ID = 1337

export const NODES = ['ganache', 'anvil']

/**
 * @param {'ganache' | 'anvil'} name
 * @returns {Promise<{ name: string, url: string, stop: () => Promise<void> }>} once the node answers
 */
export async function startNode(name) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const [program, ...args] = commandLine(name, port)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += chunk))
  child.once('error', (error) => (complaint += error))

  // A test run that is interrupted takes its nodes along.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async () => {
    process.removeListener('exit', kill)
    kill()
    await ended
  }

  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop()
      throw new Error(`${name} did not start on ${url}: ${complaint}`)
    }
    await sleep(50)
  }
  return { name, url, stop }
}

function commandLine(name, port) {
  if (name === 'ganache') {
    const cli = path.join(path.dirname(require.resolve('ganache/package.json')), 'dist/node/cli.js')
    return [
      ...[process.execPath, cli, '--server.host=127.0.0.1', `--server.port=${port}`, `--chain.chainId=${CHAIN_ID}`],
      ...['--chain.hardfork=shanghai', '--wallet.deterministic', '--logging.quiet'],
    ]
  }
  return [
    ...[anvilBinary(), '--host', '127.0.0.1', '--port', `${port}`, '--chain-id', `${CHAIN_ID}`],
    ...['--hardfork', 'shanghai', '--mnemonic', MNEMONIC, '--quiet'],
  ]
}

// From npm where package.json names a package for this machine, else whatever Anvil is installed.
function anvilBinary() {
  const cpu = { x64: 'amd64', arm64: 'arm64' }[process.arch]
  try {
    const manifest = require.resolve(`@foundry-rs/anvil-${process.platform}-${cpu}/package.json`)
    return path.join(path.dirname(manifest), 'bin/anvil')
  } catch {
    return 'anvil'
  }
}

async function answers(url) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
  const headers = { 'content-type': 'application/json' }
  try {
    return (await fetch(url, { method: 'POST', headers, body })).ok
  } catch {
    return false
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
