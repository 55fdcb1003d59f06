import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { toEventSelector } from 'viem'
import { PUBLISHED, render } from '../script/publish.mjs'
import { ShopEscrow } from './support/world.mjs'

const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')

for (const [name, source] of Object.entries(PUBLISHED)) {
  test(`the committed artefact of ${name} is what its source compiles to`, () => {
    assert.ok(read(`artifacts/${name}.json`) === render(name), 'run `npm run build` and commit artifacts/')
  })

  test(`the artefact of ${name} is linked bytecode, which is what sol! and a deployment need`, () => {
    assert.match(JSON.parse(read(`artifacts/${name}.json`)).bytecode, /^0x([0-9a-f]{2})+$/)
  })

  test(`the source of ${name} says whom it is for`, () => {
    const forTests = read(source).includes('@notice For tests and development chains only:')
    assert.equal(forTests, source.startsWith('src/dev/'))
  })
}

test('the contract has no door but those of its rules', () => {
  const functions = ShopEscrow.abi.filter(({ type }) => type === 'function').map(({ name }) => name)
  const [changing, reading] = [
    ['dispute', 'pay', 'payOrder', 'payWithPermit', 'refund', 'release', 'withdraw'],
    ['accepts', 'eip712Domain', 'keyOf', 'payments', 'quoteSigner', 'withdrawable'],
  ]
  assert.deepEqual(functions.sort(), [...changing, ...reading].sort())
  assert.deepEqual(ShopEscrow.abi.filter(({ type }) => ['receive', 'fallback'].includes(type)), [])
  const payable = ShopEscrow.abi.filter(({ stateMutability }) => stateMutability === 'payable')
  assert.deepEqual(payable.map(({ name }) => name), ['pay', 'payOrder'])
})

// Listeners, receipts and signed quotes outlive a deployment: these layouts never change.
test('the events are as they are for good', () => {
  const layouts = {
    TokenAccepted: 'TokenAccepted(address indexed)',
    Paid: 'Paid(bytes32 indexed,bytes32 indexed,address indexed,address,address,address,uint256)',
    Released: 'Released(bytes32 indexed,bytes32 indexed,address indexed,uint256)',
    Refunded: 'Refunded(bytes32 indexed,bytes32 indexed,address indexed,uint256)',
    Disputed: 'Disputed(bytes32 indexed,bytes32 indexed,address indexed)',
    Withdrawn: 'Withdrawn(address indexed,address indexed,uint256)',
  }
  for (const [name, layout] of Object.entries(layouts)) {
    const event = ShopEscrow.abi.find((item) => item.type === 'event' && item.name === name)
    const inputs = event.inputs.map(({ type, indexed }) => (indexed ? `${type} indexed` : type))
    assert.equal(`${name}(${inputs})`, layout)
    assert.equal(toEventSelector(event), toEventSelector(layout.replaceAll(' indexed', '')))
  }
})

test('the layout of the quote is as it is for good', () => {
  const { inputs } = ShopEscrow.abi.find((item) => item.name === 'keyOf')
  assert.deepEqual(
    inputs[0].components.map(({ type, name }) => `${type} ${name}`),
    [
      ...['bytes32 order', 'address buyer', 'address seller', 'address arbiter', 'address token', 'uint256 amount'],
      ...['uint64 deadline', 'uint64 holdSeconds', 'uint64 disputeSeconds'],
    ],
  )
})

test('dependencies are pinned by hash, and by no address of a registry', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json'))
  const versions = Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })
  for (const version of versions) assert.match(version, /^\d+\.\d+\.\d+$/)

  const { packages } = JSON.parse(read('package-lock.json'))
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  for (const [path, entry] of installed) {
    assert.equal(entry.resolved, undefined, path)
    assert.ok(entry.integrity || entry.inBundle, path)
    // `npm ci` refuses a lock file that lacks a package for another system, even though it would not install it.
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      assert.ok(locked(packages, path, name), `${path} needs ${name}, which is not locked`)
    }
  }
})

/** Whether npm finds the package from there: beside it, or in a node_modules above. */
function locked(packages, from, name) {
  for (let place = from; ; place = place.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, '')) {
    if (packages[`${place}${place && '/'}node_modules/${name}`]) return true
    if (place === '') return false
  }
}
