import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { zeroHash } from 'viem'
import { Chain } from './support/chain.mjs'
import { NODES } from './support/node.mjs'

const RootAnchor = JSON.parse(readFileSync(new URL('../artifacts/RootAnchor.json', import.meta.url), 'utf8'))
const root = (byte) => `0x${byte.repeat(32)}`

for (const name of NODES) {
  describe(`anchors (${name})`, () => {
    const [one, other] = [Chain.account(1), Chain.account(2)]
    let chain, anchor
    before(async () => {
      chain = await Chain.start(name)
      anchor = await chain.deploy(one, RootAnchor)
    })
    after(() => chain.stop())

    test('a publisher writes down a root, and it stands there for anyone to read', async () => {
      const { events, receipt } = await anchor.does(one, 'anchor', [7n, root('aa')])
      const [{ eventName, args }] = events
      assert.deepEqual([eventName, args], ['Anchored', { publisher: one.address, size: 7n, root: root('aa') }])
      assert.equal(await anchor.read('rootOf', one.address, 7n), root('aa'))
      assert.ok(receipt.gasUsed < 55_000n, `${receipt.gasUsed} gas`)
    })

    test('another root for the same size is refused', async () => {
      await anchor.refuses(one, 'anchor', [7n, root('bb')], 'OtherRoot', [7n, root('aa')])
      assert.equal(await anchor.read('rootOf', one.address, 7n), root('aa'))
    })

    test('the same once more changes nothing and says nothing', async () => {
      const { events } = await anchor.does(one, 'anchor', [7n, root('aa')])
      assert.deepEqual(events, [])
    })

    test('publishers do not touch each other', async () => {
      await anchor.does(other, 'anchor', [7n, root('cc')])
      assert.equal(await anchor.read('rootOf', one.address, 7n), root('aa'))
      assert.equal(await anchor.read('rootOf', other.address, 7n), root('cc'))
      assert.equal(await anchor.read('rootOf', other.address, 8n), zeroHash)
    })

    test('a smaller log may follow: an older database was put back', async () => {
      await anchor.does(one, 'anchor', [6n, root('dd')])
      assert.equal(await anchor.read('rootOf', one.address, 6n), root('dd'))
    })

    test('nothing is not written down', async () => {
      await anchor.refuses(one, 'anchor', [0n, root('aa')], 'NothingToAnchor', [])
      await anchor.refuses(one, 'anchor', [9n, zeroHash], 'NothingToAnchor', [])
    })
  })
}

test('the contract has no door but its one, and takes no coins', () => {
  const functions = RootAnchor.abi.filter(({ type }) => type === 'function')
  assert.deepEqual(functions.map(({ name }) => name).sort(), ['anchor', 'rootOf'])
  assert.ok(functions.every(({ stateMutability }) => stateMutability !== 'payable'))
  assert.deepEqual(RootAnchor.abi.filter(({ type }) => ['receive', 'fallback', 'constructor'].includes(type)), [])
})
