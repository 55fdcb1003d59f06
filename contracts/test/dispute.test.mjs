import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress, zeroHash } from 'viem'
import { DAY, ETHER, onEveryNode } from './support/world.mjs'

onEveryNode('dispute', (world) => {
  test('the buyer or the seller opens a dispute', async () => {
    for (const party of [world.buyer, world.seller]) {
      const { key, quote } = await world.paid()
      const { events, receipt } = await world.does(party, 'dispute', [key])
      assert.equal(events.length, 1)
      assert.equal(events[0].eventName, 'Disputed')
      assert.deepEqual(events[0].args, { key, order: quote.order, by: party.address })

      const { timestamp } = await world.chain.client.getBlock({ blockHash: receipt.blockHash })
      assert.equal((await world.read('payments', key)).disputedAt, timestamp)
    }
  })

  test('nobody else may, not even the arbiter or the payer', async () => {
    const { key } = await world.pays(world.payer, await world.quote())
    for (const actor of [world.arbiter, world.payer, world.stranger]) {
      await world.refuses(actor, 'dispute', [key], 'NotParty', [key, actor.address])
    }
  })

  test('a quote without an arbiter cannot be disputed', async () => {
    const { key } = await world.paid({ arbiter: zeroAddress })
    await world.refuses(world.buyer, 'dispute', [key], 'NoArbiter', [key])
  })

  test('there is one dispute, and a second does not give the arbiter more time', async () => {
    const { key, disputedAt } = await world.disputed()
    await world.refuses(world.seller, 'dispute', [key], 'AlreadyDisputed', [key])
    assert.equal((await world.read('payments', key)).disputedAt, disputedAt)
  })

  test('what was never paid cannot be disputed', async () => {
    await world.refuses(world.buyer, 'dispute', [zeroHash], 'UnknownPayment', [zeroHash])
  })

  test('a part that is still held can be disputed, but not when nothing is', async () => {
    const part = await world.paid({ amount: 2n })
    await world.does(world.buyer, 'release', [part.key, 1n])
    await world.does(world.buyer, 'dispute', [part.key])

    const { key } = await world.paid()
    await world.does(world.buyer, 'release', [key, ETHER])
    await world.refuses(world.buyer, 'dispute', [key], 'NothingHeld', [key])
  })

  test('the last second for a dispute is the one before anyone may release', async () => {
    const [inTime, late] = [await world.paid({ holdSeconds: DAY }), await world.paid({ holdSeconds: DAY })]
    await world.does(world.buyer, 'dispute', [inTime.key], { at: inTime.paidAt + DAY - 1n })
    const over = ['HoldOver', [late.key, late.paidAt + DAY]]
    await world.refuses(world.buyer, 'dispute', [late.key], ...over, { at: late.paidAt + DAY })
  })

  test('a hold time of zero leaves no time for a dispute', async () => {
    const { key, paidAt } = await world.paid({ holdSeconds: 0n })
    await world.refuses(world.buyer, 'dispute', [key], 'HoldOver', [key, paidAt])
  })
})
