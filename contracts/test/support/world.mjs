// The escrow and the people around it, on a chain of its own: `await world.pays(payer, quote)`.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe } from 'node:test'
import { decodeErrorResult, encodeFunctionData, parseEther, parseEventLogs, zeroAddress } from 'viem'
import { Chain } from './chain.mjs'
import { CHAIN_ID, NODES } from './node.mjs'

export const DAY = 86_400n
export const ETHER = parseEther('1')

/** What Rust deploys too: the committed artefact. */
export const ShopEscrow = JSON.parse(readFileSync(new URL('../../artifacts/ShopEscrow.json', import.meta.url), 'utf8'))

const QUOTE_TYPES = {
  Quote: [
    { name: 'order', type: 'bytes32' },
    { name: 'buyer', type: 'address' },
    { name: 'seller', type: 'address' },
    { name: 'arbiter', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
    { name: 'deadline', type: 'uint64' },
    { name: 'holdSeconds', type: 'uint64' },
    { name: 'disputeSeconds', type: 'uint64' },
  ],
}

/** Runs the same tests on every node, each with a chain and an escrow of its own. */
export function onEveryNode(title, defineTests) {
  for (const name of NODES) {
    describe(`${title} (${name})`, () => {
      const world = new World()
      before(() => world.start(name))
      after(() => world.stop())
      defineTests(world)
    })
  }
}

/** An order id as the server writes it: 16 bytes, left-padded. */
export function newOrder() {
  return `0x${'00'.repeat(16)}${randomBytes(16).toString('hex')}`
}

class World {
  signer = Chain.account(0)
  buyer = Chain.account(1)
  seller = Chain.account(2)
  arbiter = Chain.account(3)
  stranger = Chain.account(4)
  payer = Chain.account(5)

  async start(name) {
    this.chain = await Chain.start(name)
    const { address, gasUsed } = await this.chain.deploy(this.stranger, ShopEscrow, [this.signer.address])
    this.escrow = address
    this.deploymentGas = gasUsed
  }

  async stop() {
    await this.chain?.stop()
  }

  /** A quote of this world's people, payable for a day. */
  async quote(overrides = {}) {
    return {
      order: newOrder(),
      buyer: this.buyer.address,
      seller: this.seller.address,
      arbiter: this.arbiter.address,
      token: zeroAddress,
      amount: ETHER,
      deadline: (await this.chain.now()) + DAY,
      holdSeconds: 7n * DAY,
      disputeSeconds: 3n * DAY,
      ...overrides,
    }
  }

  typedData(quote, { chainId = CHAIN_ID, escrow = this.escrow } = {}) {
    const domain = { name: 'Gage ShopEscrow', version: '1', chainId, verifyingContract: escrow }
    return { domain, types: QUOTE_TYPES, primaryType: 'Quote', message: quote }
  }

  sign(quote, { by = this.signer, ...elsewhere } = {}) {
    return by.signTypedData(this.typedData(quote, elsewhere))
  }

  read(functionName, ...args) {
    return this.chain.client.readContract({ address: this.escrow, abi: ShopEscrow.abi, functionName, args })
  }

  /** Calls the escrow and expects it to obey; answers with the receipt and its decoded events. */
  async does(actor, functionName, args, { value, at, escrow = this.escrow } = {}) {
    const receipt = await this.chain.send(actor, { to: escrow, data: encode(functionName, args), value }, at)
    if (receipt.status !== 'success') {
      assert.fail(`${functionName} reverted: ${(await this.#reason(actor, receipt, functionName, args, value)).errorName}`)
    }
    return { receipt, events: parseEventLogs({ abi: ShopEscrow.abi, logs: receipt.logs }) }
  }

  /** Calls the escrow and expects it to revert with this error, and to change nothing that the caller can see. */
  async refuses(actor, functionName, args, errorName, errorArgs, { value, at } = {}) {
    const receipt = await this.chain.send(actor, { to: this.escrow, data: encode(functionName, args), value }, at)
    assert.equal(receipt.status, 'reverted', `${functionName} should have reverted with ${errorName}`)
    assert.deepEqual(receipt.logs, [])
    const reason = await this.#reason(actor, receipt, functionName, args, value)
    assert.equal(reason.errorName, errorName)
    if (errorArgs) assert.deepEqual(reason.args ?? [], errorArgs)
  }

  async pays(payer, quote, { signature, value = quote.amount, at } = {}) {
    const key = await this.read('keyOf', quote)
    const done = await this.does(payer, 'pay', [quote, signature ?? (await this.sign(quote))], { value, at })
    return { key, paidAt: (await this.chain.client.getBlock({ blockHash: done.receipt.blockHash })).timestamp, ...done }
  }

  /** A paid quote with its key; the payer is the buyer. */
  async paid(overrides) {
    const quote = await this.quote(overrides)
    return { quote, ...(await this.pays(this.buyer, quote)) }
  }

  /** A paid quote that the buyer disputes, an hour later so that no test takes one time for the other. */
  async disputed(overrides) {
    const payment = await this.paid(overrides)
    await this.does(this.buyer, 'dispute', [payment.key], { at: payment.paidAt + 3600n })
    const { disputedAt } = await this.read('payments', payment.key)
    return { ...payment, disputedAt }
  }

  withdrawable(account, token = zeroAddress) {
    return this.read('withdrawable', account.address, token)
  }

  // The reverted transaction once more, as a call on the block that it reverted in: a call answers with the reason.
  async #reason(actor, receipt, functionName, args, value = 0n) {
    const call = { from: actor.address, to: this.escrow, data: encode(functionName, args), value: `0x${value.toString(16)}` }
    const block = `0x${receipt.blockNumber.toString(16)}`
    try {
      await this.chain.client.request({ method: 'eth_call', params: [call, block] }, { retryCount: 0 })
    } catch (error) {
      return decodeErrorResult({ abi: ShopEscrow.abi, data: revertData(error) })
    }
    return assert.fail(`${functionName} reverted in its block, but not when called again`)
  }
}

function encode(functionName, args) {
  return encodeFunctionData({ abi: ShopEscrow.abi, functionName, args })
}

function revertData(error) {
  const carrier = error.walk((inner) => typeof inner.data === 'string' && inner.data.startsWith('0x'))
  assert.ok(carrier, `no revert data in: ${error.message}`)
  return carrier.data
}
