import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroAddress } from 'viem'
import { compile } from '../script/compile.mjs'
import { Contract } from './support/contract.mjs'
import { ContractWallet, MultiPayer, onEveryNode, ShopEscrow, testToken } from './support/world.mjs'

const { SilentToken } = compile('test/contracts/OddTokens.sol')

onEveryNode(
  'one transaction of a contract',
  (world) => {
    const balanceOf = (address) => world.chain.client.getBalance({ address })

    /** What MultiPayer is told: a quote's token, its amount, and the call of `pay`. */
    async function payment(overrides) {
      const quote = await world.quote(overrides)
      const call = world.encode('pay', [quote, await world.sign(quote)])
      return { quote, key: await world.read('keyOf', quote), token: quote.token, amount: quote.amount, call }
    }

    /** Three quotes in coins, two in one token, one in another, mixed. */
    async function mixed(multiPayer) {
      const { usd, silent } = world.tokens
      const payments = []
      for (const [token, amount] of [[zeroAddress, 3n], [usd.address, 5n], [zeroAddress, 7n]]) {
        payments.push(await payment({ token, amount }))
      }
      for (const [token, amount] of [[silent.address, 11n], [usd.address, 13n], [zeroAddress, 17n]]) {
        payments.push(await payment({ token, amount }))
      }
      for (const token of [usd, silent]) {
        await token.does(world.payer, 'mint', [world.payer.address, 18n])
        await token.does(world.payer, 'approve', [multiPayer.address, 18n])
      }
      return payments
    }

    test('pays several quotes, in coins and in tokens', async () => {
      const multiPayer = await world.chain.deploy(world.stranger, MultiPayer)
      const payments = await mixed(multiPayer)
      const before = await balanceOf(world.escrow)

      const { receipt } = await multiPayer.does(world.payer, 'payAll', [world.escrow, payments], { value: 27n })

      const escrow = new Contract(world.chain, world.escrow, ShopEscrow.abi)
      const events = escrow.eventsOf(receipt)
      assert.deepEqual(
        events.map(({ eventName, args: { key, payer, token, amount } }) => ({ eventName, key, payer, token, amount })),
        payments.map(({ key, token, amount }) => ({ eventName: 'Paid', key, payer: multiPayer.address, token, amount })),
      )
      for (const { key, amount } of payments) assert.equal((await world.read('payments', key)).funded, amount)
      assert.equal((await balanceOf(world.escrow)) - before, 27n)
      for (const [token, amount] of [[world.tokens.usd, 18n], [world.tokens.silent, 11n]]) {
        assert.equal(await token.read('balanceOf', world.escrow), amount)
      }
    })

    test('pays all of them or none: one bad quote takes the others with it', async () => {
      const multiPayer = await world.chain.deploy(world.stranger, MultiPayer)
      const payments = await mixed(multiPayer)
      const again = [...payments, payments[1]]
      await world.tokens.usd.does(world.payer, 'mint', [world.payer.address, 5n])
      await world.tokens.usd.does(world.payer, 'approve', [multiPayer.address, 23n])
      const paid = ['AlreadyPaid', [payments[1].key]]
      await multiPayer.refuses(world.payer, 'payAll', [world.escrow, again], ...paid, { value: 27n })
      for (const { key } of payments) assert.equal((await world.read('payments', key)).funded, 0n)
      await multiPayer.refuses(world.payer, 'payAll', [world.escrow, payments], 'CoinsLeft', [1n], { value: 28n })
    })

    test('is how a contract wallet pays: approval and payment together', async () => {
      const { usd } = world.tokens
      const wallet = await world.chain.deploy(world.stranger, ContractWallet, [world.buyer.address])
      const { quote, key, call } = await payment({ buyer: wallet.address, token: usd.address, amount: 10n })
      await usd.does(world.stranger, 'mint', [wallet.address, 10n])
      const approve = usd.encode('approve', [world.escrow, 10n])
      const calls = [{ to: usd.address, value: 0n, data: approve }, { to: world.escrow, value: 0n, data: call }]

      await wallet.does(world.buyer, 'executeBatch', [calls])

      assert.equal((await world.read('payments', key)).buyer, quote.buyer)
      assert.equal(await usd.read('balanceOf', wallet.address), 0n)
    })

    test('is how a contract wallet pays in coins, disputes, and takes back what was refunded', async () => {
      const wallet = await world.chain.deploy(world.stranger, ContractWallet, [world.buyer.address])
      const { key, call } = await payment({ buyer: wallet.address, amount: 10n })
      await world.chain.send(world.stranger, { to: wallet.address, value: 10n })

      await wallet.does(world.buyer, 'execute', [world.escrow, 10n, call])
      await wallet.does(world.buyer, 'execute', [world.escrow, 0n, world.encode('dispute', [key])])
      await world.does(world.arbiter, 'refund', [key, 6n])
      await wallet.does(world.buyer, 'execute', [world.escrow, 0n, world.encode('release', [key, 4n])])
      await wallet.does(world.buyer, 'execute', [world.escrow, 0n, world.encode('withdraw', [zeroAddress])])

      const { released, refunded } = await world.read('payments', key)
      assert.deepEqual([released, refunded], [4n, 6n])
      assert.equal(await balanceOf(wallet.address), 6n)
    })
  },
  { usd: testToken(6), silent: [SilentToken] },
)
