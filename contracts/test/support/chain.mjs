// What a test needs of a chain: sign locally, send, and decide in which second a transaction is mined.
import assert from 'node:assert/strict'
import { createPublicClient, decodeErrorResult, defineChain, encodeDeployData, getAddress, http, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { Contract } from './contract.mjs'
import { CHAIN_ID, MNEMONIC, startNode } from './node.mjs'

// How long a receipt may take.
const PATIENCE_MS = 30_000
// Given, not estimated: a transaction that reverts must reach the chain too.
const GAS_LIMIT = 5_000_000n
const TIP = 1_000_000_000n

export class Chain {
  // Of all contracts deployed here: a revert often comes from deeper than the contract that was called.
  #errors = []

  static async start(name) {
    return new Chain(await startNode(name))
  }

  constructor(node) {
    this.node = node
    const chain = defineChain({
      id: CHAIN_ID,
      name: node.name,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [node.url] } },
    })
    this.client = createPublicClient({ chain, transport: http(node.url), pollingInterval: 20, cacheTime: 0 })
  }

  stop() {
    return this.node.stop()
  }

  /** The n-th account of the deterministic wallet. */
  static account(index) {
    return mnemonicToAccount(MNEMONIC, { addressIndex: index })
  }

  /** The time of the newest block, in unix seconds. */
  async now() {
    return (await this.client.getBlock()).timestamp
  }

  /**
   * Signs, sends and mines one transaction.
   *
   * @param at the second in which it is mined; as the node likes, when left out
   * @returns its receipt, whether it reverted or not
   */
  async send(account, { to, data, value = 0n }, at) {
    const [nonce, { baseFeePerGas }] = await Promise.all([
      this.client.getTransactionCount({ address: account.address }),
      this.client.getBlock(),
    ])
    // Not from eth_gasPrice: Anvil's follows the latest transactions, so doubling it here would double it for ever.
    const fees = { maxFeePerGas: 2n * baseFeePerGas + TIP, maxPriorityFeePerGas: TIP }
    const signed = await account.signTransaction({
      ...{ type: 'eip1559', chainId: CHAIN_ID, nonce, gas: GAS_LIMIT, ...fees },
      ...{ to, data, value },
    })
    const hash = await this.#mined(at, () => this.client.sendRawTransaction({ serializedTransaction: signed }))
    return this.#receipt(hash)
  }

  // viem's waitForTransactionReceipt asks again only after a new block. Anvil may tell of a block a moment before it has
  // its receipts, and nobody mines another one here: it would wait in vain.
  async #receipt(hash) {
    const until = Date.now() + PATIENCE_MS
    for (;;) {
      try {
        return await this.client.getTransactionReceipt({ hash })
      } catch (error) {
        if (error.name !== 'TransactionReceiptNotFoundError' || Date.now() > until) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Mines an empty block in the given second. */
  async mineAt(at) {
    await this.#mined(at, async () => {})
    if (this.node.name === 'anvil') await this.client.request({ method: 'evm_mine' })
  }

  /** @returns {Promise<Contract & { gasUsed: bigint }>} */
  async deploy(account, { abi, bytecode }, args = []) {
    this.#errors.push(...abi.filter(({ type }) => type === 'error'))
    const data = encodeDeployData({ abi, bytecode, args })
    const receipt = await this.send(account, { data })
    if (receipt.status !== 'success') {
      const reason = await this.reasonOf(receipt, account, { data })
      throw new Error(`the deployment reverted: ${reason.errorName}(${reason.args ?? ''})`)
    }
    const contract = new Contract(this, getAddress(receipt.contractAddress), abi)
    return Object.assign(contract, { gasUsed: receipt.gasUsed })
  }

  /**
   * The error with which a transaction reverted. It is made once more, as a call on the block that it reverted in: a
   * call answers with the reason.
   */
  async reasonOf({ blockNumber }, account, { to, data, value = 0n }) {
    const call = { from: account.address, to, data, value: toHex(value), gas: toHex(GAS_LIMIT) }
    try {
      await this.client.request({ method: 'eth_call', params: [call, toHex(blockNumber)] }, { retryCount: 0 })
    } catch (error) {
      return decodeErrorResult({ abi: this.#errors, data: revertData(error) })
    }
    return assert.fail('nothing reverts when it is called in that block')
  }

  /** Gives an account as many coins as a test wants. */
  async enrich(account, amount) {
    const method = this.node.name === 'anvil' ? 'anvil_setBalance' : 'evm_setAccountBalance'
    await this.client.request({ method, params: [account.address, toHex(amount)] })
  }

  async #mined(at, submit) {
    if (at === undefined) return submit()
    if (this.node.name === 'anvil') {
      await this.client.request({ method: 'evm_setNextBlockTimestamp', params: [Number(at)] })
      return submit()
    }
    // Ganache mines at once, in the second of its clock; only a block mined by hand takes a second as given.
    await this.client.request({ method: 'miner_stop' })
    try {
      const submitted = await submit()
      await this.client.request({ method: 'evm_setTime', params: [Number(at) * 1000] })
      await this.client.request({ method: 'evm_mine', params: [Number(at)] })
      return submitted
    } finally {
      await this.client.request({ method: 'miner_start' })
    }
  }
}

function revertData(error) {
  const carrier = error.walk?.((inner) => typeof inner.data === 'string' && inner.data.startsWith('0x'))
  if (!carrier) throw error
  return carrier.data
}
