import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashTypedData, parseSignature, serializeSignature, toHex, zeroAddress } from 'viem'
import { ContractWallet, DAY, ETHER, newOrder, onEveryNode, ShopEscrow } from './support/world.mjs'

onEveryNode('pay', (world) => {
  test('a signed quote is paid and remembered as it was signed', async () => {
    const { quote, key, paidAt, events } = await world.paid()

    assert.equal(events.length, 1)
    assert.equal(events[0].eventName, 'Paid')
    const { order, buyer, seller, token, amount } = quote
    assert.deepEqual(events[0].args, { key, order, payer: buyer, buyer, seller, token, amount })

    const { arbiter, holdSeconds, disputeSeconds } = quote
    assert.deepEqual(await world.read('payments', key), {
      ...{ buyer, paidAt, seller, holdSeconds, arbiter, disputeSeconds, token, disputedAt: 0n },
      ...{ funded: amount, released: 0n, refunded: 0n, order: `0x${order.slice(-32)}` },
    })
  })

  test('the key is the EIP-712 digest of the quote', async () => {
    const quote = await world.quote()
    assert.equal(await world.read('keyOf', quote), hashTypedData(world.typedData(quote)))
  })

  test('the contract tells its domain and its signer', async () => {
    const [fields, name, version, chainId, contract] = await world.read('eip712Domain')
    assert.deepEqual([fields, name, version, chainId], ['0x0f', 'Gage ShopEscrow', '1', 1337n])
    assert.equal(contract.toLowerCase(), world.escrow.toLowerCase())
    assert.equal(await world.read('quoteSigner'), world.signer.address)
  })

  test('anyone may pay for the buyer, and the quote still decides who gets what', async () => {
    const quote = await world.quote()
    const { key, events } = await world.pays(world.payer, quote)
    assert.equal(events[0].args.payer, world.payer.address)
    assert.equal((await world.read('payments', key)).buyer, world.buyer.address)
    await world.refuses(world.payer, 'release', [key, 1n], 'HoldNotOver')
    await world.refuses(world.payer, 'refund', [key, 1n], 'NotParty', [key, world.payer.address])
  })

  test('one wei is a payment too', async () => {
    const { key } = await world.paid({ amount: 1n })
    assert.equal((await world.read('payments', key)).funded, 1n)
  })

  test('a value other than the amount is refused', async () => {
    const quote = await world.quote()
    const signature = await world.sign(quote)
    for (const value of [0n, ETHER - 1n, ETHER + 1n]) {
      await world.refuses(world.buyer, 'pay', [quote, signature], 'WrongValue', [ETHER, value], { value })
    }
  })

  test('an amount of zero, or one that does not fit 128 bits, is refused', async () => {
    for (const amount of [0n, 2n ** 128n, 2n ** 256n - 1n]) {
      const quote = await world.quote({ amount })
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], 'AmountOutOfRange', [amount])
    }
  })

  test('the deadline is the last second in which a quote may be paid', async () => {
    const deadline = (await world.chain.now()) + 100n
    const [inTime, late] = [await world.quote({ deadline }), await world.quote({ deadline })]
    const { paidAt } = await world.pays(world.buyer, inTime, { at: deadline })
    assert.equal(paidAt, deadline)

    const expired = ['QuoteExpired', [deadline, deadline + 1n]]
    const when = { value: ETHER, at: deadline + 1n }
    await world.refuses(world.buyer, 'pay', [late, await world.sign(late)], ...expired, when)
  })

  test('a quote is paid once, for ever: not again when held, nor when all was refunded', async () => {
    const { quote, key } = await world.paid()
    const again = [world.payer, 'pay', [quote, await world.sign(quote)], 'AlreadyPaid', [key], { value: ETHER }]
    await world.refuses(...again)
    await world.does(world.seller, 'refund', [key, ETHER])
    await world.refuses(...again)
  })

  test('the same order quoted anew is another payment', async () => {
    const first = await world.paid()
    const second = await world.paid({ order: first.quote.order, amount: 2n * ETHER })
    assert.notEqual(first.key, second.key)
    assert.equal((await world.read('payments', first.key)).funded, ETHER)
    assert.equal((await world.read('payments', second.key)).funded, 2n * ETHER)
  })

  test('a quote that was altered in any member after signing is refused', async () => {
    const quote = await world.quote()
    const signature = await world.sign(quote)
    const alterations = {
      order: newOrder(),
      buyer: world.stranger.address,
      seller: world.stranger.address,
      arbiter: zeroAddress,
      amount: quote.amount - 1n,
      deadline: quote.deadline + 1n,
      holdSeconds: 0n,
      disputeSeconds: quote.disputeSeconds - 1n,
    }
    for (const [member, altered] of Object.entries(alterations)) {
      const forged = { ...quote, [member]: altered }
      const key = await world.read('keyOf', forged)
      await world.refuses(world.buyer, 'pay', [forged, signature], 'InvalidSignature', [key], { value: forged.amount })
    }
    await world.pays(world.buyer, quote, { signature })
  })

  test('a quote signed by another, for another chain or for another contract is refused', async () => {
    const quote = await world.quote()
    const key = await world.read('keyOf', quote)
    const other = await world.chain.deploy(world.stranger, ShopEscrow, [world.signer.address, []])
    const signatures = [
      await world.sign(quote, { by: world.stranger }),
      await world.sign(quote, { by: world.buyer }),
      await world.sign(quote, { chainId: 1 }),
      await world.sign(quote, { escrow: other.address }),
      await world.signer.signMessage({ message: { raw: key } }),
    ]
    for (const signature of signatures) {
      await world.refuses(world.buyer, 'pay', [quote, signature], 'InvalidSignature', [key], { value: ETHER })
    }
  })

  test('a malformed or malleable signature is refused', async () => {
    const quote = await world.quote()
    const key = await world.read('keyOf', quote)
    const good = await world.sign(quote)
    const malformed = ['0x', good.slice(0, -2), `${good}00`, `${good.slice(0, -2)}1d`]
    malformed.push(`0x${'00'.repeat(65)}`, malleated(good))
    for (const signature of malformed) {
      await world.refuses(world.buyer, 'pay', [quote, signature], 'InvalidSignature', [key], { value: ETHER })
    }
  })

  test('a quote without a buyer or a seller, or with more than a UUID as its order, is refused', async () => {
    const { buyer, seller } = await world.quote()
    for (const parties of [{ buyer: zeroAddress, seller }, { buyer, seller: zeroAddress }]) {
      const quote = await world.quote(parties)
      const missing = ['MissingParty', [parties.buyer, parties.seller]]
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], ...missing, { value: ETHER })
    }
    const quote = await world.quote({ order: `0x${'01'.padEnd(64, '0')}` })
    await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], 'MalformedOrder', [quote.order])
  })

  test('a quote without an arbiter is paid as well', async () => {
    const { key } = await world.paid({ arbiter: zeroAddress, disputeSeconds: 0n })
    assert.equal((await world.read('payments', key)).arbiter, zeroAddress)
  })

  test('a contract may be the signer (EIP-1271), and only the quotes it accepts are payable', async () => {
    const signing = await world.chain.deploy(world.stranger, ContractWallet, [world.signer.address])
    const { address: escrow } = await world.chain.deploy(world.stranger, ShopEscrow, [signing.address, []])
    const [good, forged] = [await world.quote(), await world.quote()]

    const elsewhere = { escrow }
    await world.does(world.buyer, 'pay', [good, await world.sign(good, elsewhere)], { value: ETHER, escrow })
    const byStranger = await world.sign(forged, { by: world.stranger, escrow })
    const forgery = [forged, byStranger]
    await world.refuses(world.buyer, 'pay', forgery, 'InvalidSignature', undefined, { value: ETHER, escrow })
  })

  test('coins sent without a quote are refused', async () => {
    for (const data of ['0x', '0xdeadbeef']) {
      const receipt = await world.chain.send(world.buyer, { to: world.escrow, data, value: 1n })
      assert.equal(receipt.status, 'reverted')
    }
    const key = (await world.paid()).key
    for (const [functionName, args] of [['release', [key, 1n]], ['withdraw', [zeroAddress]], ['dispute', [key]]]) {
      await assert.rejects(world.does(world.buyer, functionName, args, { value: 1n }))
    }
  })

  test('coins forced upon the contract pay for nothing and disturb nothing', async () => {
    const before = await world.chain.client.getBalance({ address: world.escrow })
    // PUSH20 escrow, SELFDESTRUCT: a creation that sends its value where no code can refuse it.
    const receipt = await world.chain.send(world.stranger, { data: `0x73${world.escrow.slice(2)}ff`, value: 5n })
    assert.equal(receipt.status, 'success')
    assert.equal(await world.chain.client.getBalance({ address: world.escrow }), before + 5n)

    const { key } = await world.paid({ amount: 7n })
    await world.refuses(world.buyer, 'release', [key, 8n], 'ExceedsHeld', [key, 8n, 7n])
  })
})

/** The other signature of the same key over the same digest, which a contract that forgets about it takes as new. */
function malleated(signature) {
  const { r, s, yParity } = parseSignature(signature)
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  return serializeSignature({ r, s: toHex(order - BigInt(s), { size: 32 }), yParity: 1 - yParity })
}
