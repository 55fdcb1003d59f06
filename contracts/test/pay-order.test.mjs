// payOrder: what `pay` does, from one argument.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, slice } from 'viem'
import { ETHER, onEveryNode, testToken } from './support/world.mjs'

onEveryNode(
  'payOrder',
  (world) => {
    test('pays a signed quote from one argument, as pay would', async () => {
      const [quote, signature] = await world.signed()
      const argument = world.signedQuote(quote, signature)
      const { events } = await world.does(world.payer, 'payOrder', [argument], { value: ETHER })

      const { order, buyer, seller, token, amount } = quote
      const key = await world.read('keyOf', quote)
      assert.deepEqual(events.map(({ args }) => args), [
        { key, order, payer: world.payer.address, buyer, seller, token, amount },
      ])
      assert.equal((await world.read('payments', key)).funded, ETHER)
      for (const [functionName, args] of [['payOrder', [argument]], ['pay', [quote, signature]]]) {
        await world.refuses(world.buyer, functionName, args, 'AlreadyPaid', [key], { value: ETHER })
      }
    })

    test('pays in a token that was approved', async () => {
      const { usd } = world.tokens
      const [quote, signature] = await world.signed({ token: usd.address, amount: 10n })
      await world.funds(world.buyer, usd, 10n)
      await world.does(world.buyer, 'payOrder', [world.signedQuote(quote, signature)])
      assert.equal((await world.read('payments', await world.read('keyOf', quote))).funded, 10n)
      assert.equal(await usd.read('balanceOf', world.escrow), 10n)
    })

    test('looks at the quote as pay does', async () => {
      const [quote, signature] = await world.signed()
      const refuses = (argument, ...rest) => world.refuses(world.buyer, 'payOrder', [argument], ...rest)
      const good = world.signedQuote(quote, signature)
      await refuses(good, 'WrongValue', [ETHER, ETHER - 1n], { value: ETHER - 1n })
      const forged = { ...quote, seller: world.stranger.address }
      const key = await world.read('keyOf', forged)
      await refuses(world.signedQuote(forged, signature), 'InvalidSignature', [key], { value: ETHER })
      const late = { ...quote, deadline: (await world.chain.now()) - 1n }
      await refuses(world.signedQuote(late, await world.sign(late)), 'QuoteExpired', undefined, { value: ETHER })
    })

    test('a signature that is cut, lengthened or missing is refused', async () => {
      const [quote, signature] = await world.signed()
      const key = await world.read('keyOf', quote)
      for (const bad of ['0x', slice(signature, 0, 64), concat([signature, '0x00'])]) {
        const argument = world.signedQuote(quote, bad)
        await world.refuses(world.buyer, 'payOrder', [argument], 'InvalidSignature', [key], { value: ETHER })
      }
    })

    test('what is too short for a quote is refused', async () => {
      const whole = world.signedQuote(...(await world.signed()))
      for (const length of [0, 1, 287]) {
        const cut = length ? slice(whole, 0, length) : '0x'
        await world.refuses(world.buyer, 'payOrder', [cut], 'MalformedQuote', [BigInt(length)], { value: ETHER })
      }
    })

    test('a member with more bits than it has is refused, whatever is signed', async () => {
      const [quote, signature] = await world.signed()
      const whole = world.signedQuote(quote, signature)
      // The first byte of the words of buyer, seller, arbiter, token, and of the three times.
      for (const word of [1, 2, 3, 4, 6, 7, 8]) {
        const dirty = concat([slice(whole, 0, 32 * word), '0x01', slice(whole, 32 * word + 1)])
        const data = world.encode('payOrder', [dirty])
        const { status } = await world.chain.send(world.buyer, { to: world.escrow, data, value: ETHER })
        assert.equal(status, 'reverted', `word ${word}`)
      }
      await world.does(world.buyer, 'payOrder', [whole], { value: ETHER })
    })
  },
  { usd: testToken(6) },
)
