import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { compile } from '../script/compile.mjs'
import { ETHER, onEveryNode, TestToken, testToken } from './support/world.mjs'

const { SilentToken } = compile('test/contracts/OddTokens.sol')

onEveryNode(
  'a payment in a token',
  (world) => {
    const holds = (token, account) => token.read('balanceOf', account.address ?? account)

    test('takes exactly the amount from whoever pays, also where a token returns nothing', async () => {
      for (const token of Object.values(world.tokens)) {
        const quote = await world.quote({ token: token.address, amount: 1_234_567n })
        await world.funds(world.payer, token, 2_000_000n)
        const before = [await holds(token, world.payer), await holds(token, world.escrow)]

        const { key, events } = await world.pays(world.payer, quote)

        const { order, buyer, seller, amount } = quote
        const paid = { key, order, payer: world.payer.address, buyer, seller, token: token.address, amount }
        assert.deepEqual(events[0].args, paid)
        assert.equal((await world.read('payments', key)).token, token.address)
        assert.deepEqual([await holds(token, world.payer), await holds(token, world.escrow)], [
          before[0] - amount,
          before[1] + amount,
        ])
        assert.equal(await token.read('allowance', world.payer.address, world.escrow), 2_000_000n - amount)
      }
    })

    test('can be the smallest and the largest amount there is', async () => {
      const token = world.tokens.six
      for (const amount of [1n, 2n ** 128n - 1n]) {
        const { key } = await world.paid({ token: token.address, amount })
        await world.does(world.buyer, 'release', [key, amount])
        const before = await holds(token, world.seller)
        await world.does(world.seller, 'withdraw', [token.address])
        assert.equal((await holds(token, world.seller)) - before, amount)
      }
    })

    test('comes without coins', async () => {
      const token = world.tokens.six
      await world.funds(world.buyer, token, ETHER)
      const quote = await world.quote({ token: token.address })
      const signature = await world.sign(quote)
      for (const value of [1n, ETHER]) {
        await world.refuses(world.buyer, 'pay', [quote, signature], 'WrongValue', [0n, value], { value })
      }
      await world.pays(world.buyer, quote)
    })

    test('needs an approval of all of it, and the quote stays payable until there is one', async () => {
      const token = world.tokens.eighteen
      const quote = await world.quote({ token: token.address, amount: 10n })
      const pay = [world.stranger, 'pay', [quote, await world.sign(quote)]]
      await world.funds(world.stranger, token, 0n)
      await world.refuses(...pay, 'ERC20InsufficientAllowance', [world.escrow, 0n, 10n])
      await world.funds(world.stranger, token, 9n)
      await world.refuses(...pay, 'ERC20InsufficientAllowance', [world.escrow, 9n, 10n])
      await token.does(world.stranger, 'approve', [world.escrow, 10n])
      await world.refuses(...pay, 'ERC20InsufficientBalance', [world.stranger.address, 9n, 10n])
      assert.equal((await world.read('payments', await world.read('keyOf', quote))).funded, 0n)

      await token.does(world.buyer, 'mint', [world.stranger.address, 1n])
      await world.pays(world.stranger, quote)
    })

    test('is never taken from somebody else who approved', async () => {
      const token = world.tokens.six
      await world.funds(world.buyer, token, 10n)
      const quote = await world.quote({ token: token.address, amount: 10n })
      const allowance = ['ERC20InsufficientAllowance', [world.escrow, 0n, 10n]]
      await world.refuses(world.stranger, 'pay', [quote, await world.sign(quote)], ...allowance)
    })

    test('happens once', async () => {
      const token = world.tokens.six
      const { key, quote } = await world.paid({ token: token.address, amount: 10n })
      await world.funds(world.buyer, token, 10n)
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], 'AlreadyPaid', [key])
    })

    test('must be in the token that was quoted', async () => {
      const { six, eighteen } = world.tokens
      const quote = await world.quote({ token: six.address, amount: 10n })
      const signature = await world.sign(quote)
      await world.funds(world.buyer, eighteen, 10n)
      for (const [token, value] of [[eighteen.address, 0n], [zeroAddress, 10n]]) {
        const forged = { ...quote, token }
        const key = await world.read('keyOf', forged)
        await world.refuses(world.buyer, 'pay', [forged, signature], 'InvalidSignature', [key], { value })
      }
    })

    test('must be in a token that the contract accepts, even when the signer signed another', async () => {
      const other = await world.chain.deploy(world.stranger, TestToken, ['Other', 'OTH', 18])
      await world.funds(world.buyer, other, 10n)
      for (const token of [other.address, world.escrow, world.stranger.address]) {
        const quote = await world.quote({ token, amount: 10n })
        const signature = await world.sign(quote)
        await world.refuses(world.buyer, 'pay', [quote, signature], 'UnsupportedToken', [token])
        const permit = await world.permit(world.buyer, other, 10n)
        await world.refuses(world.buyer, 'payWithPermit', [quote, signature, ...permit], 'UnsupportedToken', [token])
      }
    })

    test('is released, disputed, refunded and withdrawn like coins, and never mixed up with them', async () => {
      const { six, eighteen } = world.tokens
      const payments = {}
      for (const token of [six.address, eighteen.address, zeroAddress]) {
        payments[token] = await world.paid({ token, amount: 10n })
        const { key } = payments[token]
        await world.does(world.buyer, 'release', [key, 4n])
        await world.does(world.seller, 'refund', [key, 1n])
        await world.does(world.buyer, 'dispute', [key])
        await world.does(world.arbiter, 'refund', [key, 2n])
        await world.does(world.arbiter, 'release', [key, 1n])
      }
      const owed = async () =>
        Promise.all([six.address, eighteen.address, zeroAddress].map((token) => world.withdrawable(world.seller, token)))
      assert.deepEqual(await owed(), [5n, 5n, 5n])

      const before = [await holds(six, world.seller), await holds(six, world.buyer)]
      const { events } = await world.does(world.seller, 'withdraw', [six.address])
      assert.deepEqual(events[0].args, { account: world.seller.address, token: six.address, amount: 5n })
      assert.deepEqual(await owed(), [0n, 5n, 5n])
      await world.does(world.buyer, 'withdraw', [six.address])
      assert.deepEqual([await holds(six, world.seller), await holds(six, world.buyer)], [before[0] + 5n, before[1] + 3n])

      const nothing = ['NothingToWithdraw', [world.seller.address, six.address]]
      await world.refuses(world.seller, 'withdraw', [six.address], ...nothing)
      assert.equal((await world.read('payments', payments[six.address].key)).funded, 10n)
    })

    test('is not what somebody merely transfers: that belongs to nobody and stays', async () => {
      const token = world.tokens.whole
      const before = await holds(token, world.escrow)
      await token.does(world.stranger, 'mint', [world.stranger.address, 100n])
      await token.does(world.stranger, 'transfer', [world.escrow, 100n])

      const { key } = await world.paid({ token: token.address, amount: 7n })
      await world.refuses(world.buyer, 'release', [key, 8n], 'ExceedsHeld', [key, 8n, 7n])
      await world.does(world.buyer, 'release', [key, 7n])
      await world.does(world.seller, 'withdraw', [token.address])
      const nothing = ['NothingToWithdraw', [world.stranger.address, token.address]]
      await world.refuses(world.stranger, 'withdraw', [token.address], ...nothing)
      assert.equal(await holds(token, world.escrow), before + 100n)
    })
  },
  { whole: testToken(0), six: testToken(6), eighteen: testToken(18), silent: [SilentToken] },
)
