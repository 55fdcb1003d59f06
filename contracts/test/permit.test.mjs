import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../script/compile.mjs'
import { ETHER, onEveryNode, testToken } from './support/world.mjs'

const { SilentToken, SwallowingToken } = compile('test/contracts/OddTokens.sol')
const AMOUNT = 10n

onEveryNode(
  'payWithPermit',
  (world) => {
    /** A quote in a token, signed, that its buyer has the tokens for but approved nothing. */
    async function unapproved({ token = world.tokens.permitting, ...overrides } = {}) {
      await token.does(world.buyer, 'mint', [world.buyer.address, AMOUNT])
      await token.does(world.buyer, 'approve', [world.escrow, 0n])
      const quote = await world.quote({ token: token.address, amount: AMOUNT, ...overrides })
      return { quote, key: await world.read('keyOf', quote), signed: [quote, await world.sign(quote)] }
    }

    const tooLittle = (allowed) => ['ERC20InsufficientAllowance', [world.escrow, allowed, AMOUNT]]

    test('pays without an approval beforehand, and leaves no allowance behind', async () => {
      const { permitting } = world.tokens
      const { quote, key, signed } = await unapproved()
      const permit = await world.permit(world.buyer, permitting, AMOUNT)

      const { events } = await world.does(world.buyer, 'payWithPermit', [...signed, ...permit])

      const { order, buyer, seller, token, amount } = quote
      assert.deepEqual(events.map(({ args }) => args), [{ key, order, payer: buyer, buyer, seller, token, amount }])
      assert.equal((await world.read('payments', key)).funded, AMOUNT)
      assert.equal(await permitting.read('allowance', buyer, world.escrow), 0n)
    })

    test('pays all the same when somebody used the permit before', async () => {
      const { permitting } = world.tokens
      const { key, signed } = await unapproved()
      const [deadline, v, r, s] = await world.permit(world.buyer, permitting, AMOUNT)
      await permitting.does(world.stranger, 'permit', [world.buyer.address, world.escrow, AMOUNT, deadline, v, r, s])
      await permitting.refuses(
        ...[world.stranger, 'permit', [world.buyer.address, world.escrow, AMOUNT, deadline, v, r, s]],
        'ERC2612InvalidSigner',
      )

      await world.does(world.buyer, 'payWithPermit', [...signed, deadline, v, r, s])
      assert.equal((await world.read('payments', key)).funded, AMOUNT)
    })

    test('takes nothing with a permit that is late, for less, for another spender or by somebody else', async () => {
      const { permitting } = world.tokens
      const { key, signed } = await unapproved()
      const now = await world.chain.now()
      const permits = [
        await world.permit(world.buyer, permitting, AMOUNT, { deadline: now - 1n }),
        await world.permit(world.buyer, permitting, AMOUNT - 1n),
        await world.permit(world.buyer, permitting, AMOUNT, { spender: world.stranger.address }),
        await world.permit(world.stranger, permitting, AMOUNT),
      ]
      for (const permit of permits) {
        await world.refuses(world.buyer, 'payWithPermit', [...signed, ...permit], ...tooLittle(0n))
      }
      assert.equal((await world.read('payments', key)).funded, 0n)
      await world.does(world.buyer, 'payWithPermit', [...signed, ...(await world.permit(world.buyer, permitting, AMOUNT))])
    })

    test("takes from the caller alone: somebody else's permit is of no use", async () => {
      const { permitting } = world.tokens
      const { signed } = await unapproved()
      const before = await permitting.read('balanceOf', world.buyer.address)
      const permit = await world.permit(world.buyer, permitting, AMOUNT)
      await world.refuses(world.stranger, 'payWithPermit', [...signed, ...permit], ...tooLittle(0n))
      assert.equal(await permitting.read('balanceOf', world.buyer.address), before)
    })

    test('goes by the allowance where a token knows no permit, or swallows it', async () => {
      for (const token of [world.tokens.silent, world.tokens.swallowing]) {
        const { key, signed } = await unapproved({ token })
        const permit = await world.permit(world.buyer, world.tokens.permitting, AMOUNT)
        await world.refuses(world.buyer, 'payWithPermit', [...signed, ...permit], ...tooLittle(0n))
        await token.does(world.buyer, 'approve', [world.escrow, AMOUNT])
        await world.does(world.buyer, 'payWithPermit', [...signed, ...permit])
        assert.equal((await world.read('payments', key)).funded, AMOUNT)
      }
    })

    test('does not pay in coins, and takes none along', async () => {
      const coins = await world.quote()
      const permit = await world.permit(world.buyer, world.tokens.permitting, ETHER)
      const args = [coins, await world.sign(coins), ...permit]
      await world.refuses(world.buyer, 'payWithPermit', args, 'WrongValue', [ETHER, 0n])

      const { signed } = await unapproved()
      const good = await world.permit(world.buyer, world.tokens.permitting, AMOUNT)
      const data = world.encode('payWithPermit', [...signed, ...good])
      assert.equal((await world.chain.send(world.buyer, { to: world.escrow, data, value: 1n })).status, 'reverted')
      assert.equal((await world.chain.send(world.buyer, { to: world.escrow, data })).status, 'success')
    })

    test('looks at the quote as pay does', async () => {
      const { permitting } = world.tokens
      const { quote, key, signed } = await unapproved()
      const permit = () => world.permit(world.buyer, permitting, AMOUNT)
      const refuses = async (quote, signature, ...error) =>
        world.refuses(world.buyer, 'payWithPermit', [quote, signature, ...(await permit())], ...error)

      const byStranger = await world.sign(quote, { by: world.stranger })
      await refuses(quote, byStranger, 'InvalidSignature', [key])
      const late = { ...quote, deadline: (await world.chain.now()) - 1n }
      await refuses(late, await world.sign(late), 'QuoteExpired')
      await world.does(world.buyer, 'payWithPermit', [...signed, ...(await permit())])
      await permitting.does(world.buyer, 'mint', [world.buyer.address, AMOUNT])
      await refuses(...signed, 'AlreadyPaid', [key])
    })
  },
  { permitting: testToken(6), silent: [SilentToken], swallowing: [SwallowingToken] },
)
