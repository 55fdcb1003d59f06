import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress, zeroHash } from 'viem'
import { DAY, ETHER, onEveryNode } from './support/world.mjs'

onEveryNode('release', (world) => {
  test('the buyer may release at once, and the seller can withdraw it', async () => {
    const before = await world.withdrawable(world.seller)
    const { key, quote } = await world.paid()
    const { events } = await world.does(world.buyer, 'release', [key, ETHER])

    assert.equal(events.length, 1)
    assert.equal(events[0].eventName, 'Released')
    assert.deepEqual(events[0].args, { key, order: quote.order, by: world.buyer.address, amount: ETHER })
    assert.equal((await world.read('payments', key)).released, ETHER)
    assert.equal((await world.withdrawable(world.seller)) - before, ETHER)
  })

  test('parts are released until nothing is held, and never more than what is held', async () => {
    const { key } = await world.paid({ amount: 10n })
    await world.does(world.buyer, 'release', [key, 3n])
    await world.does(world.seller, 'refund', [key, 2n])
    await world.refuses(world.buyer, 'release', [key, 6n], 'ExceedsHeld', [key, 6n, 5n])
    await world.refuses(world.buyer, 'release', [key, 2n ** 256n - 1n], 'ExceedsHeld')
    await world.refuses(world.buyer, 'release', [key, 2n ** 128n + 1n], 'ExceedsHeld', [key, 2n ** 128n + 1n, 5n])
    await world.does(world.buyer, 'release', [key, 5n])
    await world.refuses(world.buyer, 'release', [key, 1n], 'ExceedsHeld', [key, 1n, 0n])

    const { funded, released, refunded } = await world.read('payments', key)
    assert.deepEqual([funded, released, refunded], [10n, 8n, 2n])
  })

  test('releasing nothing is refused', async () => {
    const { key } = await world.paid()
    await world.refuses(world.buyer, 'release', [key, 0n], 'ZeroAmount', [key])
  })

  test('what was never paid cannot be released', async () => {
    await world.refuses(world.buyer, 'release', [zeroHash, 1n], 'UnknownPayment', [zeroHash])
    const unpaid = await world.read('keyOf', await world.quote())
    await world.refuses(world.buyer, 'release', [unpaid, 1n], 'UnknownPayment', [unpaid])
  })

  test('one order cannot release the money of another', async () => {
    const [mine, other] = [await world.paid({ amount: 5n }), await world.paid({ amount: 100n })]
    await world.refuses(world.buyer, 'release', [mine.key, 6n], 'ExceedsHeld', [mine.key, 6n, 5n])
    assert.equal((await world.read('payments', other.key)).released, 0n)
  })

  test('during the hold time nobody but the buyer may release', async () => {
    const { key, paidAt, quote } = await world.paid()
    const endsAt = paidAt + quote.holdSeconds
    for (const actor of [world.seller, world.arbiter, world.stranger]) {
      await world.refuses(actor, 'release', [key, 1n], 'HoldNotOver', [key, endsAt])
    }
  })

  test('anyone may release from the second in which the hold time is over, not one before', async () => {
    const [{ key, paidAt }, another] = [await world.paid({ holdSeconds: DAY }), await world.paid({ holdSeconds: DAY })]
    const endsAt = paidAt + DAY
    await world.refuses(world.stranger, 'release', [key, 1n], 'HoldNotOver', [key, endsAt], { at: endsAt - 1n })
    await world.does(world.stranger, 'release', [key, 1n], { at: endsAt })
    await world.does(world.seller, 'release', [another.key, ETHER], { at: another.paidAt + DAY + 1n })
  })

  test('a hold time of zero lets anyone release at once, and one without end never', async () => {
    const immediate = await world.paid({ holdSeconds: 0n })
    await world.does(world.stranger, 'release', [immediate.key, ETHER])

    const holdSeconds = 2n ** 64n - 1n
    const { key, paidAt } = await world.paid({ holdSeconds })
    await world.refuses(world.seller, 'release', [key, 1n], 'HoldNotOver', [key, paidAt + holdSeconds])
    await world.does(world.buyer, 'release', [key, ETHER])
  })

  test('in a dispute the arbiter may release, the buyer may give in, and the hold time lets in nobody else', async () => {
    const { key, paidAt, quote } = await world.disputed()
    await world.does(world.arbiter, 'release', [key, 1n])
    await world.does(world.buyer, 'release', [key, 1n])
    for (const actor of [world.seller, world.stranger]) {
      const afterHold = { at: paidAt + quote.holdSeconds + (actor === world.seller ? 1n : 2n) }
      await world.refuses(actor, 'release', [key, 1n], 'UnderDispute', [key, actor.address], afterHold)
    }
    // The arbiter's own time is over too by then, but as long as money is held the decision still counts.
    await world.does(world.arbiter, 'release', [key, 1n])
  })

  test('an arbiter of zero gives nobody a say', async () => {
    const { key } = await world.paid({ arbiter: zeroAddress })
    await world.refuses(world.arbiter, 'release', [key, 1n], 'HoldNotOver')
  })
})
