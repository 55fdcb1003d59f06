// A contract on a test's chain, to be called in one line: `await token.does(owner, 'mint', [owner.address, 5n])`.
import assert from 'node:assert/strict'
import { encodeFunctionData, parseEventLogs } from 'viem'

export class Contract {
  constructor(chain, address, abi) {
    this.chain = chain
    this.address = address
    this.abi = abi
  }

  encode(functionName, args = []) {
    return encodeFunctionData({ abi: this.abi, functionName, args })
  }

  read(functionName, ...args) {
    return this.chain.client.readContract({ address: this.address, abi: this.abi, functionName, args })
  }

  /** Expects a look to revert with this error. */
  async hides(functionName, args, errorName) {
    const call = { to: this.address, data: this.encode(functionName, args) }
    const reason = await this.chain.reasonOf({ blockNumber: await this.chain.client.getBlockNumber() }, this, call)
    assert.equal(reason.errorName, errorName)
  }

  /** Expects the contract to obey; answers with the receipt and the contract's own events, decoded. */
  async does(actor, functionName, args, { value, at } = {}) {
    const transaction = { to: this.address, data: this.encode(functionName, args), value }
    const receipt = await this.chain.send(actor, transaction, at)
    if (receipt.status !== 'success') {
      const reason = await this.chain.reasonOf(receipt, actor, transaction)
      assert.fail(`${functionName} reverted: ${reason.errorName}(${reason.args ?? ''})`)
    }
    return { receipt, events: this.eventsOf(receipt) }
  }

  /** The contract's own events of a transaction, decoded. */
  eventsOf(receipt) {
    const logs = receipt.logs.filter((log) => log.address.toLowerCase() === this.address.toLowerCase())
    return parseEventLogs({ abi: this.abi, logs })
  }

  /** Expects the contract to revert with this error, be it its own or one from deeper, and to change nothing. */
  async refuses(actor, functionName, args, errorName, errorArgs, { value, at } = {}) {
    const transaction = { to: this.address, data: this.encode(functionName, args), value }
    const receipt = await this.chain.send(actor, transaction, at)
    assert.equal(receipt.status, 'reverted', `${functionName} should have reverted with ${errorName}`)
    assert.deepEqual(receipt.logs, [])
    const reason = await this.chain.reasonOf(receipt, actor, transaction)
    assert.equal(reason.errorName, errorName)
    if (errorArgs) assert.deepEqual(reason.args ?? [], errorArgs)
  }
}
