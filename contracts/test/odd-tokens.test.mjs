import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { compile } from '../script/compile.mjs'
import { onEveryNode, testToken } from './support/world.mjs'

const { BlocklistToken, FalseToken, FeeToken, RebasingToken, SilentToken } = compile('test/contracts/OddTokens.sol')

onEveryNode(
  'a token that is odd',
  (world) => {
    const holds = (token, account) => token.read('balanceOf', account.address ?? account)

    /** The buyer pays in a token and releases it all at once. */
    const released = async (token, amount) => {
      const { key } = await world.paid({ token: token.address, amount })
      await world.does(world.buyer, 'release', [key, amount])
    }

    test('returns nothing: it pays, pays out, and is not taken for paid when it reverts', async () => {
      const { silent } = world.tokens
      const quote = await world.quote({ token: silent.address, amount: 10n })
      const nothing = ['ERC20InsufficientAllowance', [world.escrow, 0n, 10n]]
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], ...nothing)

      await released(silent, 10n)
      await world.does(world.seller, 'withdraw', [silent.address])
      assert.equal(await holds(silent, world.seller), 10n)
    })

    test('says false: nothing is paid, and what cannot be withdrawn stays withdrawable', async () => {
      const { refusing } = world.tokens
      const failed = ['SafeERC20FailedOperation', [refusing.address]]
      const quote = await world.quote({ token: refusing.address, amount: 10n })
      const pay = [quote, await world.sign(quote)]
      await world.funds(world.buyer, refusing, 10n)
      await refusing.does(world.stranger, 'refuse', [true])
      await world.refuses(world.buyer, 'pay', pay, ...failed)
      await refusing.does(world.stranger, 'refuse', [false])
      const { key } = await world.pays(world.buyer, quote)

      await world.does(world.buyer, 'release', [key, 10n])
      await refusing.does(world.stranger, 'refuse', [true])
      await world.refuses(world.seller, 'withdraw', [refusing.address], ...failed)
      assert.equal(await world.withdrawable(world.seller, refusing.address), 10n)
      await refusing.does(world.stranger, 'refuse', [false])
      await world.does(world.seller, 'withdraw', [refusing.address])
      assert.equal(await holds(refusing, world.seller), 10n)
    })

    test('takes a fee, or gives a gift: what arrives is not the amount, so it is no payment', async () => {
      const { charging } = world.tokens
      await released(charging, 50n) // more than the fees below, so that the escrow would have something to lose
      await world.funds(world.buyer, charging, 10n)
      const quote = await world.quote({ token: charging.address, amount: 10n })
      const pay = [quote, await world.sign(quote)]
      for (const [fee, received] of [[1n, 9n], [10n, 0n], [30n, 0n], [-1n, 11n]]) {
        await charging.does(world.stranger, 'charge', [fee])
        await world.refuses(world.buyer, 'pay', pay, 'InexactTransfer', [charging.address, 10n, received])
      }
      await charging.does(world.stranger, 'charge', [0n])
      await world.pays(world.buyer, quote)
    })

    test('takes a fee only later: who withdraws bears it, and nobody else', async () => {
      const { charging } = world.tokens
      const owed = await world.withdrawable(world.seller, charging.address)
      await released(charging, 10n)
      const [held, before] = [await holds(charging, world.escrow), await holds(charging, world.seller)]
      await charging.does(world.stranger, 'charge', [2n])
      await world.does(world.seller, 'withdraw', [charging.address])
      assert.equal((await holds(charging, world.seller)) - before, owed + 8n)
      assert.equal(held - (await holds(charging, world.escrow)), owed + 10n)
    })

    test('changes balances by itself: growth stays for ever, and a loss is borne by the last to withdraw', async () => {
      const { rebasing, plain } = world.tokens
      await released(plain, 10n)
      const { key } = await world.paid({ token: rebasing.address, amount: 100n })
      await world.does(world.buyer, 'release', [key, 60n])
      await world.does(world.seller, 'refund', [key, 40n])

      await rebasing.does(world.stranger, 'rebase', [200n])
      await world.refuses(world.buyer, 'release', [key, 1n], 'ExceedsHeld', [key, 1n, 0n])
      await rebasing.does(world.stranger, 'rebase', [90n])
      await world.does(world.seller, 'withdraw', [rebasing.address])
      const short = await holds(rebasing, world.escrow)
      assert.ok(short < 40n)
      await world.refuses(world.buyer, 'withdraw', [rebasing.address], 'ERC20InsufficientBalance')
      assert.equal(await world.withdrawable(world.buyer, rebasing.address), 40n)

      // Nobody else's money covers it, and it covers nobody's: the other token is all there.
      await world.does(world.seller, 'withdraw', [plain.address])
      await rebasing.does(world.stranger, 'rebase', [200n])
      await world.does(world.buyer, 'withdraw', [rebasing.address])
      assert.ok((await holds(rebasing, world.escrow)) > 0n)
      await world.refuses(world.buyer, 'withdraw', [rebasing.address], 'NothingToWithdraw')
    })

    test('counts in shares and rounds: a payment that arrives a unit short is none', async () => {
      const { rebasing } = world.tokens
      await rebasing.does(world.stranger, 'rebase', [150n])
      await rebasing.does(world.buyer, 'mint', [world.buyer.address, 300n])
      await rebasing.does(world.buyer, 'approve', [world.escrow, 300n])
      const quote = await world.quote({ token: rebasing.address, amount: 10n })
      const rounded = ['InexactTransfer', [rebasing.address, 10n, 9n]]
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], ...rounded)
    })

    test('blocks an account: its share waits, everybody else is paid', async () => {
      const { blocking } = world.tokens
      const { key } = await world.paid({ token: blocking.address, amount: 10n })
      await world.does(world.buyer, 'release', [key, 6n])
      await world.does(world.seller, 'refund', [key, 4n])
      await blocking.does(world.stranger, 'setBlocked', [world.seller.address, true])

      await world.refuses(world.seller, 'withdraw', [blocking.address], 'Blocked', [world.seller.address])
      assert.equal(await world.withdrawable(world.seller, blocking.address), 6n)
      await world.does(world.buyer, 'withdraw', [blocking.address])

      await blocking.does(world.stranger, 'setBlocked', [world.seller.address, false])
      await world.does(world.seller, 'withdraw', [blocking.address])
      assert.equal(await holds(blocking, world.seller), 6n)
    })

    test('blocks the escrow: its payments wait, those in anything else go on', async () => {
      const { blocking } = world.tokens
      const [token, coins] = [await world.paid({ token: blocking.address, amount: 10n }), await world.paid({ amount: 10n })]
      await blocking.does(world.stranger, 'setBlocked', [world.escrow, true])
      for (const { key } of [token, coins]) await world.does(world.buyer, 'release', [key, 10n])
      await world.refuses(world.seller, 'withdraw', [blocking.address], 'Blocked', [world.escrow])
      await world.does(world.seller, 'withdraw', [zeroAddress])

      await blocking.does(world.stranger, 'setBlocked', [world.escrow, false])
      await world.does(world.seller, 'withdraw', [blocking.address])
    })
  },
  {
    ...{ plain: testToken(6), silent: [SilentToken], refusing: [FalseToken], charging: [FeeToken] },
    ...{ rebasing: [RebasingToken], blocking: [BlocklistToken] },
  },
)
