import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { apply, emptyEscrow, owed, refusalOf } from './support/model.mjs'
import { Random } from './support/random.mjs'
import { DAY, ETHER, onEveryNode } from './support/world.mjs'

const STEPS = Number(process.env.FUZZ_STEPS ?? 250)
const KEYS_IN_PLAY = 4
const UNPAID_KEY = `0x${'ab'.repeat(32)}`

onEveryNode('any sequence of calls', (world) => {
  test('does what the rules say, and no wei is lost or made', async (t) => {
    const random = new Random(Number(process.env.FUZZ_SEED ?? randomInt(2 ** 32)))
    t.diagnostic(`FUZZ_SEED=${random.seed}, ${STEPS} steps`)
    const model = emptyEscrow()
    const seen = {}

    let now = await world.chain.now()
    for (let step = 0; step < STEPS; step += 1) {
      now += random.pick([1n, 1n, 1n, 1n, 60n, 60n, 3600n, DAY])
      const call = await randomCall(world, random, model, now)
      const what = `step ${step} of FUZZ_SEED=${random.seed}: ${call.name}`
      const refusal = refusalOf(model, call, now)
      const options = { value: call.value, at: now }
      if (refusal) {
        await named(what, world.refuses(call.actor, call.name, call.args, refusal, undefined, options))
      } else {
        await named(what, world.does(call.actor, call.name, call.args, options))
        apply(model, call, now)
      }
      const outcome = `${call.name}: ${refusal ?? 'done'}`
      seen[outcome] = (seen[outcome] ?? 0) + 1
      await named(what, keepsItsBooks(world, model, call.key))
    }
    for (const key of model.payments.keys()) await keepsItsBooks(world, model, key)
    t.diagnostic(Object.entries(seen).sort().map(([outcome, count]) => `${outcome} ${count}`).join(', '))
  })
})

async function keepsItsBooks(world, model, key) {
  const accounts = [...model.withdrawable.keys()]
  const [balance, payment, ...withdrawable] = await Promise.all([
    world.chain.client.getBalance({ address: world.escrow }),
    world.read('payments', key ?? UNPAID_KEY),
    ...accounts.map((account) => world.read('withdrawable', account, zeroAddress)),
  ])
  assert.equal(balance, model.balance)
  assert.ok(balance >= owed(model), 'the escrow owes more than it has')
  assert.deepEqual(withdrawable, accounts.map((account) => model.withdrawable.get(account)))

  const { funded, released, refunded, disputedAt } = payment
  assert.ok(released + refunded <= funded, 'more was given out than was paid')
  const expected = model.payments.get(key) ?? { funded: 0n, released: 0n, refunded: 0n }
  assert.deepEqual([funded, released, refunded], [expected.funded, expected.released, expected.refunded])
  assert.equal(disputedAt, expected.disputedAt ?? 0n)
}

async function randomCall(world, random, model, now) {
  const people = [world.buyer, world.seller, world.buyer, world.seller, world.arbiter, world.stranger]
  const actor = random.pick(people)
  const by = actor.address
  const keys = [...model.payments.keys()].slice(-KEYS_IN_PLAY)
  const key = keys.length === 0 || random.oneIn(30) ? UNPAID_KEY : random.pick(keys)

  const name = random.pick(['pay', 'release', 'refund', 'release', 'refund', 'dispute', 'dispute', 'withdraw'])
  if (name === 'pay') return randomPayment(world, random, model, actor, now)
  if (name === 'dispute') return { name, actor, by, key, args: [key] }
  if (name === 'withdraw') return { name, actor, by, args: [zeroAddress] }
  const amount = randomPart(random, model.payments.get(key))
  return { name, actor, by, key, amount, args: [key, amount] }
}

async function randomPayment(world, random, model, actor, now) {
  const known = [...model.payments.values()]
  const repeated = known.length > 0 && random.oneIn(6) ? random.pick(known).quote : undefined
  const quote = repeated ?? (await randomQuote(world, random, now))
  const signedBySigner = !random.oneIn(8)
  const signature = await world.sign(quote, { by: signedBySigner ? world.signer : actor })
  const value = random.oneIn(8) ? quote.amount + random.pick([-1n, 1n]) : quote.amount
  const key = await world.read('keyOf', quote)
  return { name: 'pay', actor, by: actor.address, key, quote, value, signedBySigner, args: [quote, signature] }
}

function randomQuote(world, random, now) {
  const [buyer, seller] = random.oneIn(2) ? [world.buyer, world.seller] : [world.seller, world.buyer]
  return world.quote({
    buyer: buyer.address,
    seller: seller.address,
    arbiter: random.oneIn(4) ? zeroAddress : world.arbiter.address,
    amount: random.pick([1n, 2n, 1n + random.below(1000n), 1n + random.below(ETHER)]),
    deadline: now + random.pick([-1n, 0n, DAY, DAY]),
    holdSeconds: random.pick([0n, 1n, DAY, 7n * DAY, 2n ** 64n - 1n]),
    disputeSeconds: random.pick([0n, 1n, DAY, 2n ** 64n - 1n]),
  })
}

/** Often legal, and often just over what is held. */
function randomPart(random, payment) {
  const left = payment ? payment.funded - payment.released - payment.refunded : 1n
  const within = left > 0n ? 1n + random.below(left) : 1n
  return random.pick([1n, within, within, within, within, left, left + 1n, 0n, random.bits(256)])
}

async function named(what, promise) {
  try {
    return await promise
  } catch (error) {
    throw new Error(what, { cause: error })
  }
}
