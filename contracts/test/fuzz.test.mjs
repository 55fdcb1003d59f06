import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { compile } from '../script/compile.mjs'
import { apply, emptyEscrow, owed, refusalOf } from './support/model.mjs'
import { Random } from './support/random.mjs'
import { DAY, ETHER, onEveryNode, testToken, TestToken } from './support/world.mjs'

const { Books } = compile('test/contracts/Books.sol')
const { SilentToken } = compile('test/contracts/OddTokens.sol')

// Ganache takes ten times as long for a step, most of it to read the books.
const STEPS = { ganache: 75, anvil: 600 }
const KEYS_IN_PLAY = 4
const UNPAID_KEY = `0x${'ab'.repeat(32)}`
const LARGEST = 2n ** 128n - 1n
// Of coins; Anvil counts value and fee together in 128 bits.
const LARGEST_VALUE = 2n ** 128n - 2n ** 80n
// What everyone owns of everything, but a stranger of tokens: for more payments than there are steps.
const WEALTH = 2n ** 144n
const POVERTY = 1_000n

onEveryNode(
  'any sequence of calls',
  (world) => {
    test('does what the rules say, and nothing is lost or made of coins or of any token', async (t) => {
      const random = new Random(Number(process.env.FUZZ_SEED ?? randomInt(2 ** 32)))
      const steps = Number(process.env.FUZZ_STEPS ?? STEPS[world.chain.node.name])
      t.diagnostic(`FUZZ_SEED=${random.seed}, ${steps} steps`)
      const game = await Game.start(world, random)
      const seen = {}

      let now = await world.chain.now()
      for (let step = 0; step < steps; step += 1) {
        now += random.pick([1n, 1n, 1n, 1n, 60n, 60n, 3600n, DAY])
        const call = await game.randomCall(now)
        const what = `step ${step} of FUZZ_SEED=${random.seed}: ${call.name}`
        const refusal = refusalOf(game.model, call, now)
        const options = { value: call.value, at: now }
        if (refusal) {
          await named(what, world.refuses(call.actor, call.name, call.args, refusal, undefined, options))
        } else {
          await named(what, world.does(call.actor, call.name, call.args, options))
          apply(game.model, call, now)
        }
        const outcome = `${call.name}: ${refusal ?? 'done'}`
        seen[outcome] = (seen[outcome] ?? 0) + 1
        await named(what, game.keepsItsBooks())
      }
      t.diagnostic(Object.entries(seen).sort().map(([outcome, count]) => `${outcome} ${count}`).join(', '))
    })
  },
  { permitting: testToken(6), silent: [SilentToken] },
)

class Game {
  static async start(world, random) {
    const game = new Game()
    const { permitting, silent } = world.tokens
    const unknown = await world.chain.deploy(world.stranger, TestToken, ['Unknown', 'UNK', 18])
    Object.assign(game, { world, random, permitting, tokens: [permitting, silent, unknown] })
    game.model = emptyEscrow([permitting.address, silent.address])
    game.people = [world.buyer, world.seller, world.arbiter, world.stranger]
    game.books = await world.chain.deploy(world.stranger, Books)
    for (const person of game.people) {
      await world.chain.enrich(person, WEALTH)
      for (const token of game.tokens) {
        const amount = person === world.stranger ? POVERTY : WEALTH
        await token.does(person, 'mint', [person.address, amount])
        game.model.purses.add(amount, token.address, person.address)
      }
    }
    return game
  }

  /** Compares every balance, every claim and every payment with the model. */
  async keepsItsBooks() {
    const { balances, withdrawable, purses, payments } = this.model
    const tokens = [zeroAddress, ...this.tokens.map(({ address }) => address)]
    const accounts = this.people.map(({ address }) => address)
    const keys = [...payments.keys(), UNPAID_KEY]
    const [owned, claims, paid, left] = await this.books.read('read', this.world.escrow, tokens, accounts, keys)

    assert.deepEqual(owned, tokens.map((token) => balances.get(token)))
    for (const [i, token] of tokens.entries()) {
      assert.ok(owned[i] >= owed(this.model, token), 'the escrow owes more than it has')
      assert.deepEqual(claims[i], accounts.map((account) => withdrawable.get(token, account)))
      if (token !== zeroAddress) assert.deepEqual(left[i], accounts.map((account) => purses.get(token, account)))
    }
    for (const [i, key] of keys.entries()) {
      const { token, funded, released, refunded, disputedAt } = paid[i]
      assert.ok(released + refunded <= funded, 'more was given out than was paid')
      const expected = payments.get(key) ?? { quote: { token: zeroAddress }, funded: 0n, released: 0n, refunded: 0n }
      assert.deepEqual(
        [token, funded, released, refunded, disputedAt],
        [expected.quote.token, expected.funded, expected.released, expected.refunded, expected.disputedAt ?? 0n],
      )
    }
  }

  async randomCall(now) {
    const { random, model, world } = this
    const actor = random.pick([world.buyer, world.seller, ...this.people])
    const by = actor.address
    const keys = [...model.payments.keys()].slice(-KEYS_IN_PLAY)
    const key = keys.length === 0 || random.oneIn(30) ? UNPAID_KEY : random.pick(keys)

    const ways = ['pay', 'payWithPermit', 'release', 'refund', 'release', 'refund', 'dispute', 'dispute', 'withdraw']
    const name = random.pick([...ways, 'pay', 'withdraw'])
    if (name === 'pay' || name === 'payWithPermit') return this.randomPayment(name, actor, now)
    if (name === 'dispute') return { name, actor, by, key, args: [key] }
    if (name === 'withdraw') return this.randomWithdrawal(actor)
    const amount = randomPart(random, model.payments.get(key))
    return { name, actor, by, key, amount, args: [key, amount] }
  }

  /** Usually of something that is withdrawable. */
  randomWithdrawal(actor) {
    const { random, model } = this
    const any = { actor, token: this.randomToken() }
    const claims = this.people
      .flatMap((person) => model.accepted.map((token) => ({ actor: person, token })))
      .filter(({ actor: { address }, token }) => model.withdrawable.get(token, address) > 0n)
    const { actor: claimant, token } = claims.length === 0 || random.oneIn(4) ? any : random.pick(claims)
    return { name: 'withdraw', actor: claimant, by: claimant.address, token, args: [token] }
  }

  async randomPayment(name, actor, now) {
    const { random, model, world } = this
    const known = [...model.payments.values()]
    const repeated = known.length > 0 && random.oneIn(8) ? random.pick(known).quote : undefined
    const token = name === 'payWithPermit' && !random.oneIn(4) ? this.permitting.address : this.randomToken()
    const quote = repeated ?? (await this.randomQuote(now, token))
    const signedBySigner = !random.oneIn(10)
    const signature = await world.sign(quote, { by: signedBySigner ? world.signer : actor })
    const key = await world.read('keyOf', quote)
    const call = { name, actor, by: actor.address, key, quote, signedBySigner }
    if (name === 'pay') {
      await this.approves(actor, quote)
      const exact = quote.token === zeroAddress ? quote.amount : 0n
      const wrong = exact === 0n ? [1n, quote.amount % LARGEST_VALUE] : [exact - 1n, exact + 1n]
      const value = random.oneIn(10) ? random.pick(wrong) : exact
      return { ...call, value, args: [quote, signature] }
    }
    const good = !random.oneIn(4)
    const permit = await world.permit(actor, this.permitting, good ? quote.amount : quote.amount + 1n)
    const permitted = good && quote.token === this.permitting.address
    return { ...call, value: 0n, permitted, args: [quote, signature, ...permit] }
  }

  /** Usually enough for the payment, now and then more, too little, or what is left of an earlier approval. */
  async approves(actor, { token: address, amount }) {
    const { random, model } = this
    const token = this.tokens.find((known) => known.address === address)
    if (!token || random.oneIn(6)) return
    const allowance = random.pick([amount, amount, amount, amount, amount + 1n, amount - 1n])
    await token.does(actor, 'approve', [this.world.escrow, allowance])
    model.allowances.set(allowance, address, actor.address)
  }

  randomToken() {
    const { random, permitting, tokens } = this
    const [, silent, unknown] = tokens
    const usual = [zeroAddress, permitting.address, silent.address]
    return random.oneIn(20) ? unknown.address : random.pick(usual)
  }

  randomQuote(now, token) {
    const { random, world } = this
    const [buyer, seller] = random.oneIn(2) ? [world.buyer, world.seller] : [world.seller, world.buyer]
    const largest = token === zeroAddress ? LARGEST_VALUE : LARGEST
    return world.quote({
      buyer: buyer.address,
      seller: seller.address,
      arbiter: random.oneIn(4) ? zeroAddress : world.arbiter.address,
      token,
      amount: random.pick([1n, 2n, 1n + random.below(1000n), 1n + random.below(ETHER), 1n + random.below(largest), largest]),
      deadline: now + random.pick([-1n, 0n, DAY, DAY, DAY]),
      holdSeconds: random.pick([0n, 1n, DAY, 7n * DAY, 2n ** 64n - 1n]),
      disputeSeconds: random.pick([0n, 1n, DAY, 2n ** 64n - 1n]),
    })
  }
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
