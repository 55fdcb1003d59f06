import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { DAY, onEveryNode } from './support/world.mjs'

// Ceilings a little above what was measured: growing past one is a decision, not an accident.
const CEILINGS = {
  'pay, without arbiter': 140_000n,
  'pay, with arbiter': 160_000n,
  'release of a part, first for the seller': 65_000n,
  'release of the rest': 47_000n,
  'refund of all, first for the buyer': 65_000n,
  dispute: 60_000n,
  withdraw: 35_000n,
}

onEveryNode('gas', (world) => {
  test('every call stays below its ceiling', async (t) => {
    const used = {}
    const measure = async (what, promise) => {
      const done = await promise
      used[what] = done.receipt.gasUsed
      return done
    }
    const quote = await world.quote({ arbiter: zeroAddress, disputeSeconds: 0n, amount: 10n ** 18n })
    const { key } = await measure('pay, without arbiter', world.pays(world.buyer, quote))
    const other = await measure('pay, with arbiter', world.pays(world.buyer, await world.quote({ holdSeconds: DAY })))
    await measure('release of a part, first for the seller', world.does(world.buyer, 'release', [key, 1n]))
    await measure('release of the rest', world.does(world.buyer, 'release', [key, quote.amount - 1n]))
    await measure('dispute', world.does(world.buyer, 'dispute', [other.key]))
    await measure('refund of all, first for the buyer', world.does(world.seller, 'refund', [other.key, quote.amount]))
    await measure('withdraw', world.does(world.seller, 'withdraw', [zeroAddress]))

    t.diagnostic(`${'deployment'.padEnd(42)} ${world.deploymentGas}`)
    for (const [what, gas] of Object.entries(used)) t.diagnostic(`${what.padEnd(42)} ${gas}`)
    for (const [what, gas] of Object.entries(used)) assert.ok(gas <= CEILINGS[what], `${what} took ${gas} gas`)
  })
})
