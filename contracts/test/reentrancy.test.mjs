import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFunctionSelector } from 'viem'
import { compile } from '../script/compile.mjs'
import { onEveryNode, testToken } from './support/world.mjs'

const { HookToken } = compile('test/contracts/OddTokens.sol')
const { Receiver } = compile('test/contracts/Receiver.sol')
const CALL_BACK = 2
const GUARDED = toFunctionSelector('ReentrancyGuardReentrantCall()')

// What coins allow is in withdraw.test.mjs. A token allows more: it calls during a payment too.
onEveryNode(
  'an account that a token calls during a transfer',
  (world) => {
    const holds = (account) => world.tokens.hooked.read('balanceOf', account)

    /** A contract that is buyer, seller and payer at once, with tokens to pay and more that it may withdraw. */
    async function attacker({ withdrawable = 0n } = {}) {
      const { hooked } = world.tokens
      const account = await world.chain.deploy(world.stranger, Receiver)
      await hooked.does(world.stranger, 'setHook', [`0x${'00'.repeat(20)}`, false])
      if (withdrawable > 0n) {
        const { key } = await world.paid({ token: hooked.address, seller: account.address, amount: withdrawable })
        await world.does(world.buyer, 'release', [key, withdrawable])
      }
      await hooked.does(world.stranger, 'mint', [account.address, 100n])
      await act(account, hooked, 'approve', [world.escrow, 100n])
      return account
    }

    const act = (account, contract, functionName, args) =>
      account.does(world.stranger, 'act', [contract.address, contract.encode(functionName, args)])

    const escrow = () => ({ address: world.escrow, encode: world.encode.bind(world) })

    /** From now on the token calls the account at each transfer; at the next one the account makes these calls. */
    async function arm(account, first, calls, target = world.escrow) {
      await account.does(world.stranger, 'behave', [CALL_BACK, target, 0n, calls])
      await world.tokens.hooked.does(world.stranger, 'setHook', [account.address, first])
    }

    const quoteFor = async (account) => {
      const parties = { buyer: account.address, seller: account.address, token: world.tokens.hooked.address }
      const quote = await world.quote({ ...parties, amount: 10n })
      return { quote, key: await world.read('keyOf', quote), signed: [quote, await world.sign(quote)] }
    }

    async function assertGuarded(account) {
      assert.equal(await account.read('called'), true)
      assert.equal(await account.read('succeeded'), false)
      assert.equal(await account.read('answer'), GUARDED)
    }

    for (const first of [true, false]) {
      const when = first ? 'before the tokens move' : 'after the tokens moved'

      test(`cannot pay, or withdraw, while it pays: ${when}`, async () => {
        const account = await attacker({ withdrawable: 50n })
        const { hooked } = world.tokens
        const other = await quoteFor(account)
        const permit = await world.permit(world.stranger, world.tokens.plain, 10n)
        const attacks = (own) => [
          world.encode('pay', own.signed),
          world.encode('pay', other.signed),
          world.encode('payWithPermit', [...other.signed, ...permit]),
          world.encode('payOrder', [world.signedQuote(...other.signed)]),
          world.encode('withdraw', [hooked.address]),
        ]
        for (let which = 0; which < 5; which += 1) {
          const own = await quoteFor(account)
          await arm(account, first, [attacks(own)[which]])
          const before = [await holds(account.address), await holds(world.escrow)]
          await act(account, escrow(), 'pay', own.signed)
          await assertGuarded(account)
          assert.equal((await world.read('payments', own.key)).funded, 10n)
          assert.deepEqual([await holds(account.address), await holds(world.escrow)], [before[0] - 10n, before[1] + 10n])
        }
        assert.equal((await world.read('payments', other.key)).funded, 0n)
        assert.equal(await world.withdrawable(account, hooked.address), 50n)
      })

      test(`may release and refund while it pays, which moves no more than it pays: ${when}`, async () => {
        const account = await attacker()
        const { hooked } = world.tokens
        const { key, signed } = await quoteFor(account)
        const release = world.encode('release', [key, 6n])
        const before = [await holds(account.address), await holds(world.escrow)]
        await arm(account, first, [release, world.encode('refund', [key, 4n]), release])

        await act(account, escrow(), 'pay', signed)

        assert.equal(await account.read('succeeded'), false) // the last: nothing is held any more
        const { funded, released, refunded } = await world.read('payments', key)
        assert.deepEqual([funded, released, refunded], [10n, 6n, 4n])
        assert.equal(await world.withdrawable(account, hooked.address), 10n)
        await act(account, escrow(), 'withdraw', [hooked.address])
        assert.deepEqual([await holds(account.address), await holds(world.escrow)], before)
      })

      test(`cannot withdraw twice, or pay, while it withdraws: ${when}`, async () => {
        const { hooked } = world.tokens
        for (const attack of ['withdraw', 'pay']) {
          const account = await attacker({ withdrawable: 50n })
          const { key, signed } = await quoteFor(account)
          const before = [await holds(account.address), await holds(world.escrow)]
          await arm(account, first, [world.encode(attack, attack === 'pay' ? signed : [hooked.address])])

          await act(account, escrow(), 'withdraw', [hooked.address])

          await assertGuarded(account)
          assert.deepEqual([await holds(account.address), await holds(world.escrow)], [before[0] + 50n, before[1] - 50n])
          assert.equal(await world.withdrawable(account, hooked.address), 0n)
          assert.equal((await world.read('payments', key)).funded, 0n)
        }
      })

      test(`moves only what is held when it refunds while it withdraws: ${when}`, async () => {
        const { hooked } = world.tokens
        const account = await attacker({ withdrawable: 50n })
        const { key, signed } = await quoteFor(account)
        await act(account, escrow(), 'pay', signed)
        await arm(account, first, [world.encode('refund', [key, 10n])])
        const before = await holds(account.address)

        await act(account, escrow(), 'withdraw', [hooked.address])

        assert.equal(await account.read('succeeded'), true)
        assert.equal((await holds(account.address)) - before, 50n)
        assert.equal(await world.withdrawable(account, hooked.address), 10n)
      })

      test(`cannot pass other tokens off as the payment: ${when}`, async () => {
        const account = await attacker()
        const { hooked } = world.tokens
        const { key, signed } = await quoteFor(account)
        await arm(account, first, [hooked.encode('transfer', [world.escrow, 1n])], hooked.address)
        const inexact = ['InexactTransfer', [hooked.address, 10n, 11n]]
        await account.refuses(world.stranger, 'act', [world.escrow, world.encode('pay', signed)], ...inexact)
        assert.equal((await world.read('payments', key)).funded, 0n)
      })
    }
  },
  { hooked: [HookToken], plain: testToken(6) },
)
