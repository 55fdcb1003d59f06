// Writes the vectors beside this file: messages and signatures by viem, an implementation that
// shares no code with ours. The keys are hashes of their names, so a second run writes the same.
//
//     npm ci --prefix contracts && node api/tests/vectors/make.mjs
//
// The form is that of the vectors in spruceid/siwe: fields, signature, and where it matters
// `time` (now), `domainBinding` (the site), `matchNonce` (the nonce that was issued).
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { writeFileSync } from 'node:fs'
import path from 'node:path'

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname)
const require = createRequire(path.join(here, '../../../contracts/package.json'))
const load = (name) => import(pathToFileURL(require.resolve(name)))
const { keccak256, toBytes, toHex, parseSignature, serializeSignature, concat } = await load('viem')
const { privateKeyToAccount } = await load('viem/accounts')
const { createSiweMessage } = await load('viem/siwe')

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const wallet = (name) => privateKeyToAccount(keccak256(toBytes(`gage sign-in vectors: ${name}`)))
const customer = wallet('customer')
const stranger = wallet('stranger')
const contractWallet = wallet('the address of a contract').address

const base = {
  domain: 'shop.example',
  address: customer.address,
  statement: 'Sign in to the shop.',
  uri: 'https://shop.example/sign-in',
  version: '1',
  chainId: 1,
  nonce: 'gage0Vectors',
  issuedAt: '2026-03-01T11:59:00.000Z',
}
const NOW = '2026-03-01T12:00:00.000Z'

// viem wants dates, and writes them with milliseconds and Z.
const text = ({ issuedAt, expirationTime, notBefore, ...fields }) =>
  createSiweMessage({
    ...fields,
    issuedAt: new Date(issuedAt),
    ...(expirationTime && { expirationTime: new Date(expirationTime) }),
    ...(notBefore && { notBefore: new Date(notBefore) }),
  })

const signed = async (fields, { by = customer, change = (s) => s, ...binding } = {}) => {
  const whole = { ...base, ...fields }
  return { ...whole, signature: change(await by.signMessage({ message: text(whole) })), time: NOW, ...binding }
}
const lastByte = (value) => (signature) => concat([signature.slice(0, 132 - 2), toHex(value, { size: 1 })])
const startingAtZero = (signature) => lastByte(Number(parseSignature(signature).yParity))(signature)
const secondForm = (signature) => {
  const { r, s, yParity } = parseSignature(signature)
  return serializeSignature({ r, s: toHex(CURVE_ORDER - BigInt(s), { size: 32 }), yParity: 1 - yParity })
}

const everyOption = {
  expirationTime: '2026-03-01T12:30:00.000Z',
  notBefore: '2026-03-01T11:59:00.000Z',
  requestId: 'request-1',
  resources: ['https://shop.example/terms', 'ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/'],
}
const { statement, ...withoutStatement } = base
const parsing = (fields) => ({ message: text(fields), fields })

const files = {
  parsing_positive: {
    'with a statement': parsing(base),
    'without a statement': parsing(withoutStatement),
    'with every option': parsing({ ...base, ...everyOption }),
    'with a scheme before the domain': parsing({ ...base, scheme: 'https' }),
    'on a port of localhost': parsing({ ...base, domain: 'localhost:8080', uri: 'http://localhost:8080', chainId: 1337 }),
    'on an IP address': parsing({ ...base, domain: '127.0.0.1:8080', uri: 'http://127.0.0.1:8080/', chainId: 31337 }),
  },
  verification_positive: {
    'plain': await signed({}),
    'with every option': await signed(everyOption),
    'with a scheme before the domain': await signed({ scheme: 'https' }),
    'at the moment it begins': await signed({ notBefore: NOW }),
    'just before it expires': await signed({ expirationTime: '2026-03-01T12:00:00.001Z' }),
    'recovery byte 0 or 1': await signed({}, { change: startingAtZero }),
    'another port as a site of its own': await signed({ domain: 'localhost:8080', uri: 'http://localhost:8080/' }),
  },
  verification_negative: {
    'for another site': await signed({}, { domainBinding: 'other.example' }),
    'for another port': await signed({ domain: 'localhost:8080', uri: 'http://localhost:8080/' }, { domainBinding: 'localhost' }),
    'about an address on another site': await signed({ uri: 'https://other.example/sign-in' }),
    'about no web address': await signed({ uri: 'ipfs://shop.example/sign-in' }),
    'from a page by another scheme': await signed({ scheme: 'http' }),
    'for another chain': await signed({ chainId: 5 }),
    'with a nonce that was not issued': await signed({}, { matchNonce: 'gage0Another' }),
    'issued in the future': await signed({ issuedAt: '2026-03-01T12:00:00.001Z' }),
    'before it begins': await signed({ notBefore: '2026-03-01T12:00:00.001Z' }),
    'at the moment it expires': await signed({ expirationTime: NOW }),
    'ending before it begins': await signed({ notBefore: '2026-03-01T12:30:00.000Z', expirationTime: '2026-03-01T12:20:00.000Z' }),
    'ending before it was issued': await signed({ expirationTime: '2026-03-01T11:58:00.000Z' }),
    'signed by another wallet': await signed({}, { by: stranger }),
    'signed with another nonce': { ...(await signed({ nonce: 'gage1Vectors' })), nonce: base.nonce },
    'the second form of its signature': await signed({}, { change: secondForm }),
    'a recovery byte that is 0 modulo 27': await signed({}, { change: lastByte(54) }),
    'a signature cut short': await signed({}, { change: (s) => s.slice(0, -2) }),
    'a signature of nothing but zeros': await signed({}, { change: () => toHex(0, { size: 65 }) }),
    'a signature without its 0x': await signed({}, { change: (s) => s.slice(2) }),
  },
  eip1271: {
    'a wallet that its owner signs for': await (async () => {
      const message = text({ ...base, address: contractWallet })
      return { message, signature: await customer.signMessage({ message }) }
    })(),
    'a wallet of two owners': await (async () => {
      const message = text({ ...base, address: contractWallet })
      return { message, signature: concat([await customer.signMessage({ message }), await stranger.signMessage({ message })]) }
    })(),
  },
}

for (const [name, vectors] of Object.entries(files)) {
  writeFileSync(path.join(here, `${name}.json`), JSON.stringify(vectors, null, 2) + '\n')
}
