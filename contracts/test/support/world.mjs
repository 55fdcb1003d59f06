// The escrow and the people around it, on a chain of its own: `await world.pays(payer, quote)`.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe } from 'node:test'
import { concat, encodeAbiParameters, parseEther, parseSignature, zeroAddress } from 'viem'
import { Chain } from './chain.mjs'
import { Contract } from './contract.mjs'
import { CHAIN_ID, NODES } from './node.mjs'

export const DAY = 86_400n
export const ETHER = parseEther('1')

const published = (name) => JSON.parse(readFileSync(new URL(`../../artifacts/${name}.json`, import.meta.url), 'utf8'))

/** What Rust deploys too: the committed artefacts. */
export const [ShopEscrow, TestToken, ContractWallet, ContractWalletFactory, MultiPayer, PriceFeed] = [
  ...[published('ShopEscrow'), published('TestToken'), published('ContractWallet'), published('ContractWalletFactory')],
  ...[published('MultiPayer'), published('PriceFeed')],
]

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

const PERMIT_TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
}

/** A well-behaved token for `onEveryNode`. */
export const testToken = (decimals) => [TestToken, [`Test Token ${decimals}`, `TT${decimals}`, decimals]]

/**
 * Runs the same tests on every node, each with a chain and an escrow of its own.
 *
 * @param tokens what the escrow accepts: by the name that it gets in `world.tokens`, an artefact and its arguments
 */
export function onEveryNode(title, defineTests, tokens = {}) {
  for (const name of NODES) {
    describe(`${title} (${name})`, () => {
      const world = new World()
      before(() => world.start(name, tokens))
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

  /** @type {Record<string, Contract>} */
  tokens = {}

  async start(name, tokens) {
    this.chain = await Chain.start(name)
    for (const [token, [artefact, args]] of Object.entries(tokens)) {
      this.tokens[token] = await this.chain.deploy(this.stranger, artefact, args)
    }
    const accepted = Object.values(this.tokens).map(({ address }) => address)
    const { address, gasUsed } = await this.chain.deploy(this.stranger, ShopEscrow, [this.signer.address, accepted])
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

  /** A quote with its signature. */
  async signed(overrides) {
    const quote = await this.quote(overrides)
    return [quote, await this.sign(quote)]
  }

  /** The one argument of payOrder. */
  signedQuote(quote, signature) {
    const { inputs } = ShopEscrow.abi.find(({ name }) => name === 'keyOf')
    return concat([encodeAbiParameters(inputs, [quote]), signature])
  }

  /** What an account signs so that the escrow may take this much of a token: the last arguments of payWithPermit. */
  async permit(owner, token, amount, { deadline = 2n ** 256n - 1n, spender = this.escrow } = {}) {
    const [name, nonce] = [await token.read('name'), await token.read('nonces', owner.address)]
    const domain = { name, version: '1', chainId: CHAIN_ID, verifyingContract: token.address }
    const message = { owner: owner.address, spender, value: amount, nonce, deadline }
    const signature = await owner.signTypedData({ domain, types: PERMIT_TYPES, primaryType: 'Permit', message })
    const { r, s, v } = parseSignature(signature)
    return [deadline, Number(v), r, s]
  }

  /** Gives an account tokens, and the escrow leave to take them. */
  async funds(account, token, amount) {
    await token.does(account, 'mint', [account.address, amount])
    await token.does(account, 'approve', [this.escrow, amount])
  }

  read(functionName, ...args) {
    return this.#contract().read(functionName, ...args)
  }

  /** The encoded call of a function of the escrow. */
  encode(functionName, args) {
    return this.#contract().encode(functionName, args)
  }

  /** Calls the escrow and expects it to obey; answers with the receipt and its decoded events. */
  does(actor, functionName, args, { escrow, ...options } = {}) {
    return this.#contract(escrow).does(actor, functionName, args, options)
  }

  /** Calls the escrow and expects it to revert with this error, and to change nothing that the caller can see. */
  refuses(actor, functionName, args, errorName, errorArgs, { escrow, ...options } = {}) {
    return this.#contract(escrow).refuses(actor, functionName, args, errorName, errorArgs, options)
  }

  async pays(payer, quote, { signature, value = quote.token === zeroAddress ? quote.amount : 0n, at } = {}) {
    const key = await this.read('keyOf', quote)
    const done = await this.does(payer, 'pay', [quote, signature ?? (await this.sign(quote))], { value, at })
    return { key, paidAt: (await this.chain.client.getBlock({ blockHash: done.receipt.blockHash })).timestamp, ...done }
  }

  /** A paid quote with its key; the payer is the buyer, and gets the tokens for it just before. */
  async paid(overrides) {
    const quote = await this.quote(overrides)
    const token = Object.values(this.tokens).find(({ address }) => address === quote.token)
    if (token) await this.funds(this.buyer, token, quote.amount)
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

  #contract(address = this.escrow) {
    return new Contract(this.chain, address, ShopEscrow.abi)
  }
}
