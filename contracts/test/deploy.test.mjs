import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEventLogs, zeroAddress } from 'viem'
import { onEveryNode, ShopEscrow, TestToken, testToken } from './support/world.mjs'

onEveryNode(
  'the deployment',
  (world) => {
    const deploy = (...args) => world.chain.deploy(world.stranger, ShopEscrow, args)

    test('names the accepted tokens, for anyone to ask or to find', async () => {
      const { one, two } = world.tokens
      for (const accepted of [one.address, two.address, zeroAddress]) {
        assert.equal(await world.read('accepts', accepted), true)
      }
      for (const other of [world.escrow, world.stranger.address]) {
        assert.equal(await world.read('accepts', other), false)
      }

      const logs = await world.chain.client.getLogs({ address: world.escrow, fromBlock: 0n })
      const events = parseEventLogs({ abi: ShopEscrow.abi, logs })
      assert.deepEqual(events.map(({ eventName, args }) => [eventName, args.token]), [
        ['TokenAccepted', one.address],
        ['TokenAccepted', two.address],
      ])
    })

    test('needs no token', async () => {
      const escrow = await deploy(world.signer.address, [])
      assert.equal(await escrow.read('accepts', zeroAddress), true)
      assert.equal(await escrow.read('accepts', world.tokens.one.address), false)
    })

    test('is refused without a signer', async () => {
      await assert.rejects(deploy(zeroAddress, []), /reverted: MissingSigner/)
    })

    test('is refused with what is no contract in the list: nothing, an account, or what comes to be later', async () => {
      const { one } = world.tokens
      for (const token of [zeroAddress, world.stranger.address, `0x${'77'.repeat(20)}`]) {
        await assert.rejects(deploy(world.signer.address, [one.address, token]), new RegExp(`NotAToken\\(${token}\\)`, 'i'))
      }
    })

    test('is refused when a token is named twice', async () => {
      const { one, two } = world.tokens
      const twice = deploy(world.signer.address, [one.address, two.address, one.address])
      await assert.rejects(twice, new RegExp(`DuplicateToken\\(${one.address}\\)`))
    })

    test('decides for ever: a token that is made later is not accepted', async () => {
      const later = await world.chain.deploy(world.stranger, TestToken, ['Later', 'LTR', 18])
      assert.equal(await world.read('accepts', later.address), false)
      const quote = await world.quote({ token: later.address })
      await world.refuses(world.buyer, 'pay', [quote, await world.sign(quote)], 'UnsupportedToken', [later.address])
    })
  },
  { one: testToken(6), two: testToken(18) },
)
