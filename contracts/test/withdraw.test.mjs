import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFunctionData, toFunctionSelector, zeroAddress } from 'viem'
import { compile } from '../script/compile.mjs'
import { ETHER, onEveryNode, ShopEscrow } from './support/world.mjs'

const { Receiver } = compile('test/contracts/Receiver.sol')
const MANNERS = { take: 0, refuse: 1, callBack: 2 }

onEveryNode('withdraw', (world) => {
  const balanceOf = (address) => world.chain.client.getBalance({ address })

  /** A contract that is the seller, with these released to it. */
  async function sellerContract(...amounts) {
    const { address } = await world.chain.deploy(world.stranger, Receiver)
    const keys = []
    for (const amount of amounts) {
      const { key } = await world.paid({ seller: address, amount })
      await world.does(world.buyer, 'release', [key, amount])
      keys.push(key)
    }
    const send = async (functionName, args) => {
      const data = encodeFunctionData({ abi: Receiver.abi, functionName, args })
      return world.chain.send(world.stranger, { to: address, data })
    }
    return {
      address,
      keys,
      withdraws: () => send('act', [world.escrow, calls.withdraw]),
      behaves: (manner, data = [], value = 0n) => send('behave', [MANNERS[manner], world.escrow, value, data]),
      read: (functionName) => world.chain.client.readContract({ address, abi: Receiver.abi, functionName }),
      withdrawable: () => world.read('withdrawable', address, zeroAddress),
    }
  }

  const call = (functionName, args) => encodeFunctionData({ abi: ShopEscrow.abi, functionName, args })
  const calls = { withdraw: call('withdraw', [zeroAddress]) }

  test('all that was released to an account comes out at once', async () => {
    const [one, two] = [await world.paid({ amount: 3n }), await world.paid({ amount: 4n })]
    await world.does(world.buyer, 'release', [one.key, 2n])
    await world.does(world.buyer, 'release', [two.key, 4n])
    const escrowBefore = await balanceOf(world.escrow)
    const sellerBefore = await balanceOf(world.seller.address)

    const { events, receipt } = await world.does(world.seller, 'withdraw', [zeroAddress])

    assert.equal(events.length, 1)
    assert.equal(events[0].eventName, 'Withdrawn')
    assert.deepEqual(events[0].args, { account: world.seller.address, token: zeroAddress, amount: 6n })
    assert.equal(escrowBefore - (await balanceOf(world.escrow)), 6n)
    const gasCost = receipt.gasUsed * receipt.effectiveGasPrice
    assert.equal((await balanceOf(world.seller.address)) - sellerBefore + gasCost, 6n)
    assert.equal(await world.withdrawable(world.seller), 0n)
    await world.refuses(world.seller, 'withdraw', [zeroAddress], 'NothingToWithdraw', [world.seller.address, zeroAddress])
  })

  test('what is held is not withdrawable', async () => {
    await world.paid()
    for (const actor of [world.buyer, world.seller, world.arbiter, world.signer]) {
      await world.refuses(actor, 'withdraw', [zeroAddress], 'NothingToWithdraw', [actor.address, zeroAddress])
    }
  })

  test('a token that nothing was paid in cannot be withdrawn', async () => {
    const { key } = await world.paid({ amount: 1n })
    await world.does(world.buyer, 'release', [key, 1n])
    const token = world.stranger.address
    await world.refuses(world.seller, 'withdraw', [token], 'NothingToWithdraw', [world.seller.address, token])
    await world.does(world.seller, 'withdraw', [zeroAddress])
  })

  test('a contract that refuses coins keeps them withdrawable, and hinders nobody', async () => {
    const seller = await sellerContract(5n)
    await seller.behaves('refuse')
    assert.equal((await seller.withdraws()).status, 'reverted')
    await assert.rejects(
      world.chain.client.call({ account: seller.address, to: world.escrow, data: calls.withdraw }),
      (error) => revertsWith(error, 'WithdrawalRefused'),
    )
    assert.equal(await seller.withdrawable(), 5n)

    const { key } = await world.paid({ amount: 1n })
    await world.does(world.buyer, 'release', [key, 1n])
    await world.does(world.seller, 'withdraw', [zeroAddress])

    await seller.behaves('take')
    assert.equal((await seller.withdraws()).status, 'success')
    assert.equal(await balanceOf(seller.address), 5n)
  })

  test('a receiver that withdraws again while it is being paid gets it once', async () => {
    const seller = await sellerContract(5n)
    await world.paid()
    const before = await balanceOf(world.escrow)
    await seller.behaves('callBack', [calls.withdraw])

    assert.equal((await seller.withdraws()).status, 'success')

    assert.equal(await seller.read('called'), true)
    assert.equal(await seller.read('succeeded'), false)
    assert.equal(await seller.read('answer'), errorSelector('ReentrancyGuardReentrantCall'))
    assert.equal(before - (await balanceOf(world.escrow)), 5n)
    assert.equal(await balanceOf(seller.address), 5n)
    assert.equal(await seller.withdrawable(), 0n)
  })

  test('a receiver that pays while it is being paid is stopped', async () => {
    const seller = await sellerContract(5n)
    const quote = await world.quote({ amount: 1n })
    await seller.behaves('callBack', [call('pay', [quote, await world.sign(quote)])], quote.amount)

    assert.equal((await seller.withdraws()).status, 'success')

    assert.equal(await seller.read('succeeded'), false)
    assert.equal(await seller.read('answer'), errorSelector('ReentrancyGuardReentrantCall'))
    assert.equal((await world.read('payments', await world.read('keyOf', quote))).funded, 0n)
  })

  test('a receiver that refunds while it is being paid moves only what is held', async () => {
    const seller = await sellerContract(5n)
    const held = await world.paid({ seller: seller.address, amount: 9n })
    await seller.behaves('callBack', [call('refund', [seller.keys[0], 5n]), call('refund', [held.key, 9n])])
    const buyerBefore = await world.withdrawable(world.buyer)

    assert.equal((await seller.withdraws()).status, 'success')

    const [paidOut, refunded] = [await world.read('payments', seller.keys[0]), await world.read('payments', held.key)]
    assert.deepEqual([paidOut.released, paidOut.refunded], [5n, 0n])
    assert.deepEqual([refunded.released, refunded.refunded], [0n, 9n])
    assert.equal((await world.withdrawable(world.buyer)) - buyerBefore, 9n)
    assert.equal(await balanceOf(seller.address), 5n)
    assert.ok((await balanceOf(world.escrow)) >= ETHER + 9n)
  })
})

function revertsWith(error, errorName) {
  const selector = errorSelector(errorName)
  return error.walk((inner) => typeof inner.data === 'string' && inner.data.startsWith(selector)) !== null
}

function errorSelector(name) {
  const item = ShopEscrow.abi.find((entry) => entry.type === 'error' && entry.name === name)
  return toFunctionSelector(`${name}(${item.inputs.map((input) => input.type).join(',')})`)
}
