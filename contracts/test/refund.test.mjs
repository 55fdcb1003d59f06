import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress, zeroHash } from 'viem'
import { DAY, ETHER, onEveryNode } from './support/world.mjs'

onEveryNode('refund', (world) => {
  test('the seller may refund at once, and it goes to the buyer, whoever paid', async () => {
    const before = await world.withdrawable(world.buyer)
    const quote = await world.quote()
    const { key } = await world.pays(world.payer, quote)
    const { events } = await world.does(world.seller, 'refund', [key, ETHER])

    assert.equal(events.length, 1)
    assert.equal(events[0].eventName, 'Refunded')
    assert.deepEqual(events[0].args, { key, order: quote.order, by: world.seller.address, amount: ETHER })
    assert.equal((await world.read('payments', key)).refunded, ETHER)
    assert.equal((await world.withdrawable(world.buyer)) - before, ETHER)
    assert.equal(await world.withdrawable(world.payer), 0n)
  })

  test('parts are refunded until nothing is held, and never more than what is held', async () => {
    const { key } = await world.paid({ amount: 10n })
    await world.does(world.seller, 'refund', [key, 4n])
    await world.does(world.buyer, 'release', [key, 5n])
    await world.refuses(world.seller, 'refund', [key, 2n], 'ExceedsHeld', [key, 2n, 1n])
    await world.refuses(world.seller, 'refund', [key, 2n ** 128n + 1n], 'ExceedsHeld', [key, 2n ** 128n + 1n, 1n])
    await world.does(world.seller, 'refund', [key, 1n])
    await world.refuses(world.seller, 'refund', [key, 1n], 'ExceedsHeld', [key, 1n, 0n])
  })

  test('refunding nothing, or what was never paid, is refused', async () => {
    const { key } = await world.paid()
    await world.refuses(world.seller, 'refund', [key, 0n], 'ZeroAmount', [key])
    await world.refuses(world.seller, 'refund', [zeroHash, 1n], 'UnknownPayment', [zeroHash])
  })

  test('without a dispute neither the buyer nor the arbiter may refund, however late', async () => {
    const { key, paidAt, quote } = await world.paid()
    await world.refuses(world.buyer, 'refund', [key, 1n], 'NotDisputed', [key])
    await world.refuses(world.arbiter, 'refund', [key, 1n], 'NotDisputed', [key])
    const late = { at: paidAt + quote.holdSeconds + quote.disputeSeconds + 1n }
    await world.refuses(world.buyer, 'refund', [key, 1n], 'NotDisputed', [key], late)
  })

  test('the seller may still refund after the hold time, as long as nobody released', async () => {
    const { key, paidAt } = await world.paid({ holdSeconds: DAY })
    await world.does(world.seller, 'refund', [key, ETHER], { at: paidAt + DAY })
    await world.refuses(world.stranger, 'release', [key, 1n], 'ExceedsHeld', [key, 1n, 0n])
  })

  test('a stranger may never refund', async () => {
    const plain = await world.paid()
    await world.refuses(world.stranger, 'refund', [plain.key, 1n], 'NotParty', [plain.key, world.stranger.address])
    const { key, disputedAt, quote } = await world.disputed()
    const afterSilence = { at: disputedAt + quote.disputeSeconds }
    await world.refuses(world.stranger, 'refund', [key, 1n], 'NotParty', [key, world.stranger.address], afterSilence)
  })

  test('in a dispute the arbiter may refund, and the seller may give in', async () => {
    const { key } = await world.disputed()
    await world.does(world.arbiter, 'refund', [key, 1n])
    await world.does(world.seller, 'refund', [key, 1n])
    await world.does(world.arbiter, 'release', [key, 3n])
    const { released, refunded } = await world.read('payments', key)
    assert.deepEqual([released, refunded], [3n, 2n])
  })

  test("the buyer takes the refund from the second in which the arbiter's time is over, not one before", async () => {
    const { key, disputedAt } = await world.disputed({ disputeSeconds: DAY })
    const endsAt = disputedAt + DAY
    await world.refuses(world.buyer, 'refund', [key, 1n], 'ArbiterMayDecide', [key, endsAt])
    await world.refuses(world.buyer, 'refund', [key, 1n], 'ArbiterMayDecide', [key, endsAt], { at: endsAt - 1n })
    await world.does(world.buyer, 'refund', [key, ETHER], { at: endsAt })
  })

  test("an arbiter's time without end leaves the decision to the arbiter", async () => {
    const disputeSeconds = 2n ** 64n - 1n
    const { key, disputedAt } = await world.disputed({ disputeSeconds })
    const endsAt = disputedAt + disputeSeconds
    await world.refuses(world.buyer, 'refund', [key, 1n], 'ArbiterMayDecide', [key, endsAt])
    await world.does(world.arbiter, 'refund', [key, ETHER])
  })

  test('without an arbiter only the seller refunds', async () => {
    const { key } = await world.paid({ arbiter: zeroAddress })
    await world.refuses(world.arbiter, 'refund', [key, 1n], 'NotParty', [key, world.arbiter.address])
    await world.does(world.seller, 'refund', [key, ETHER])
  })
})
