// The contracts of src/dev: other tests, also Rust's, rely on their doing what they say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keccak256, pad, toHex } from 'viem'
import { ContractWallet, ContractWalletFactory, onEveryNode, PriceFeed, TestToken } from './support/world.mjs'

const VALID = '0x1626ba7e'
const INVALID = '0xffffffff'

onEveryNode('for development', (world) => {
  const deploy = (artefact, ...args) => world.chain.deploy(world.stranger, artefact, args)

  test('a test token has the decimals that it was given, and anyone mints', async () => {
    for (const decimals of [0, 6, 18]) {
      const token = await deploy(TestToken, 'US Dollar', 'USD', decimals)
      assert.deepEqual(
        [await token.read('name'), await token.read('symbol'), await token.read('decimals')],
        ['US Dollar', 'USD', decimals],
      )
      await token.does(world.stranger, 'mint', [world.buyer.address, 7n])
      assert.equal(await token.read('balanceOf', world.buyer.address), 7n)
      assert.equal(await token.read('totalSupply'), 7n)
    }
  })

  test('a contract wallet says yes to what its owner signed, and no to anything else', async () => {
    const wallet = await deploy(ContractWallet, world.buyer.address)
    const [hash, other] = [keccak256('0x01'), keccak256('0x02')]
    const signature = await world.buyer.sign({ hash })
    assert.equal(await wallet.read('isValidSignature', hash, signature), VALID)
    assert.equal(await wallet.read('isValidSignature', other, signature), INVALID)
    const byStranger = await world.stranger.sign({ hash })
    for (const bad of [byStranger, '0x', signature.slice(0, -2), `0x${'00'.repeat(65)}`]) {
      assert.equal(await wallet.read('isValidSignature', hash, bad), INVALID)
    }
  })

  test('a contract wallet obeys its owner alone, and passes failures on', async () => {
    const wallet = await deploy(ContractWallet, world.buyer.address)
    const token = await deploy(TestToken, 'US Dollar', 'USD', 6)
    const transfer = token.encode('transfer', [world.stranger.address, 5n])
    const notOwner = ['NotOwner', [world.stranger.address]]
    await wallet.refuses(world.stranger, 'execute', [token.address, 0n, transfer], ...notOwner)
    await wallet.refuses(world.stranger, 'executeBatch', [[]], ...notOwner)
    const tooLittle = ['ERC20InsufficientBalance', [wallet.address, 0n, 5n]]
    await wallet.refuses(world.buyer, 'execute', [token.address, 0n, transfer], ...tooLittle)

    await wallet.does(world.buyer, 'execute', [world.stranger.address, 3n, '0x'], { value: 5n })
    assert.equal(await world.chain.client.getBalance({ address: wallet.address }), 2n)
  })

  test('a wallet of the factory has its address before it exists, and is made once', async () => {
    const factory = await deploy(ContractWalletFactory)
    const [salt, owner] = [pad(toHex(7)), world.buyer.address]
    const address = await factory.read('addressOf', owner, salt)
    assert.notEqual(await factory.read('addressOf', world.seller.address, salt), address)
    assert.notEqual(await factory.read('addressOf', owner, pad(toHex(8))), address)
    assert.equal(await world.chain.client.getCode({ address }), undefined)

    for (const anyone of [world.stranger, world.payer]) {
      await factory.does(anyone, 'create', [owner, salt])
      const code = await world.chain.client.getCode({ address })
      assert.ok(code?.length > 2)
    }
    const wallet = { address, abi: ContractWallet.abi }
    assert.equal(await world.chain.client.readContract({ ...wallet, functionName: 'owner' }), owner)
  })

  test('a price feed answers as it was set, and reverts before it was', async () => {
    const feed = await deploy(PriceFeed, 8, 'ETH / USD')
    assert.deepEqual([await feed.read('decimals'), await feed.read('description')], [8, 'ETH / USD'])
    await feed.hides('latestRoundData', [], 'NoDataPresent')

    const at = (await world.chain.now()) + 10n
    await feed.does(world.stranger, 'setAnswer', [2_000_00000000n], { at })
    assert.deepEqual(await feed.read('latestRoundData'), [1n, 2_000_00000000n, at, at, 1n])
    await feed.does(world.stranger, 'setAnswer', [-1n], { at: at + 1n })
    assert.deepEqual(await feed.read('latestRoundData'), [2n, -1n, at + 1n, at + 1n, 2n])

    const stale = { roundId: 9n, answer: 5n, startedAt: 1n, updatedAt: 0n, answeredInRound: 8n }
    await feed.does(world.stranger, 'setRound', [stale])
    assert.deepEqual(await feed.read('latestRoundData'), Object.values(stale))
    await feed.does(world.stranger, 'setDecimals', [18])
    assert.equal(await feed.read('decimals'), 18)
    await feed.does(world.stranger, 'setRound', [{ ...stale, roundId: 0n }])
    await feed.hides('latestRoundData', [], 'NoDataPresent')
  })
})
