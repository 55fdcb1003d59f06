import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { DAY, onEveryNode, ShopEscrow, testToken } from './support/world.mjs'

// Ceilings a little above what was measured: growing past one is a decision, not an accident.
const CEILINGS = {
  'deployment, without tokens': 2_300_000n,
  'deployment, each token': 30_000n,
  'pay, without arbiter': 140_000n,
  'pay, with arbiter': 160_000n,
  'payOrder, without arbiter': 140_000n,
  'release of a part, first for the seller': 65_000n,
  'release of the rest': 47_000n,
  'refund of all, first for the buyer': 65_000n,
  dispute: 60_000n,
  withdraw: 35_000n,
  'pay in a token, without arbiter': 190_000n,
  'pay in a token, with arbiter': 210_000n,
  'payWithPermit, without arbiter': 215_000n,
  'withdraw of a token': 62_000n,
}

onEveryNode(
  'gas',
  (world) => {
    const used = {}
    const measure = async (what, promise) => {
      const done = await promise
      used[what] = done.receipt.gasUsed
      return done
    }
    const plain = { arbiter: zeroAddress, disputeSeconds: 0n, amount: 10n ** 18n }

    test('every call stays below its ceiling', async (t) => {
      const { gasUsed: bare } = await world.chain.deploy(world.stranger, ShopEscrow, [world.signer.address, []])
      used['deployment, without tokens'] = bare
      used['deployment, each token'] = world.deploymentGas - bare

      const quote = await world.quote(plain)
      const { key } = await measure('pay, without arbiter', world.pays(world.buyer, quote))
      const other = await measure('pay, with arbiter', world.pays(world.buyer, await world.quote({ holdSeconds: DAY })))
      const signedQuote = world.signedQuote(...(await world.signed(plain)))
      const order = world.does(world.buyer, 'payOrder', [signedQuote], { value: plain.amount })
      await measure('payOrder, without arbiter', order)
      await measure('release of a part, first for the seller', world.does(world.buyer, 'release', [key, 1n]))
      await measure('release of the rest', world.does(world.buyer, 'release', [key, quote.amount - 1n]))
      await measure('dispute', world.does(world.buyer, 'dispute', [other.key]))
      await measure('refund of all, first for the buyer', world.does(world.seller, 'refund', [other.key, quote.amount]))
      await measure('withdraw', world.does(world.seller, 'withdraw', [zeroAddress]))
      await inTokens()

      for (const [what, gas] of Object.entries(used)) t.diagnostic(`${what.padEnd(42)} ${gas}`)
      for (const [what, gas] of Object.entries(used)) assert.ok(gas <= CEILINGS[what], `${what} took ${gas} gas`)
    })

    // As it usually is: the payer keeps some tokens, and the escrow has some already. Nothing is left of the approval
    // when the permit comes.
    async function inTokens() {
      const { usd } = world.tokens
      await world.paid({ ...plain, token: usd.address, buyer: world.payer.address })
      await world.funds(world.buyer, usd, 2n * plain.amount)
      await usd.does(world.buyer, 'mint', [world.buyer.address, 2n * plain.amount])

      const quote = await world.quote({ ...plain, token: usd.address })
      const { key } = await measure('pay in a token, without arbiter', world.pays(world.buyer, quote))
      const disputable = await world.quote({ amount: plain.amount, token: usd.address })
      await measure('pay in a token, with arbiter', world.pays(world.buyer, disputable))
      const next = await world.quote({ ...plain, token: usd.address })
      const args = [next, await world.sign(next), ...(await world.permit(world.buyer, usd, plain.amount))]
      await measure('payWithPermit, without arbiter', world.does(world.buyer, 'payWithPermit', args))
      await world.does(world.buyer, 'release', [key, plain.amount])
      await measure('withdraw of a token', world.does(world.seller, 'withdraw', [usd.address]))
    }
  },
  { usd: testToken(6) },
)
