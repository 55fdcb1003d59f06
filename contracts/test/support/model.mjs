// The escrow's rules a second time, as a pure function over plain values: what the fuzz test holds the contract against.

const COINS = '0x0000000000000000000000000000000000000000'

/**
 * @param tokens what the escrow accepts beside coins
 * @returns an escrow that holds nothing, and people of whose tokens nothing is known yet
 */
export const emptyEscrow = (tokens) => ({
  payments: new Map(),
  accepted: [COINS, ...tokens],
  /** What the escrow owns, by token. */
  balances: new Purses(),
  /** By token and account. */
  withdrawable: new Purses(),
  /** What people own, and what the escrow may take of it, by token and account. Of coins everyone has enough. */
  purses: new Purses(),
  allowances: new Purses(),
})

/** Amounts by whatever names them; what was never named is zero. */
class Purses {
  #amounts = new Map()

  get(...names) {
    return this.#amounts.get(names.join()) ?? 0n
  }

  set(amount, ...names) {
    this.#amounts.set(names.join(), amount)
  }

  add(amount, ...names) {
    this.set(this.get(...names) + amount, ...names)
  }

  /** All amounts of a token. */
  sum(token) {
    return [...this.#amounts].reduce((total, [name, amount]) => (name.startsWith(token) ? total + amount : total), 0n)
  }
}

const held = (payment) => payment.funded - payment.released - payment.refunded

function badPayment({ payments, accepted }, { key, quote, value, signedBySigner }, now) {
  if (!accepted.includes(quote.token)) return 'UnsupportedToken'
  if (value !== (quote.token === COINS ? quote.amount : 0n)) return 'WrongValue'
  if (now > quote.deadline) return 'QuoteExpired'
  if (payments.has(key)) return 'AlreadyPaid'
  if (!signedBySigner) return 'InvalidSignature'
}

function badTransfer({ purses, allowances }, { by, quote: { token, amount }, permitted }) {
  if (token === COINS) return
  if (!permitted && allowances.get(token, by) < amount) return 'ERC20InsufficientAllowance'
  if (purses.get(token, by) < amount) return 'ERC20InsufficientBalance'
}

const refusals = {
  pay: (escrow, step, now) => badPayment(escrow, step, now) ?? badTransfer(escrow, step),
  /** A step has `permitted` when its permit is good and the token knows permits. */
  payWithPermit: (escrow, step, now) => badPayment(escrow, step, now) ?? badTransfer(escrow, step),
  release({ payments }, { key, by, amount }, now) {
    const payment = payments.get(key)
    if (!payment) return 'UnknownPayment'
    const { quote, paidAt, disputedAt } = payment
    const disputed = disputedAt !== undefined
    if (by !== quote.buyer && disputed && by !== quote.arbiter) return 'UnderDispute'
    if (by !== quote.buyer && !disputed && now < paidAt + quote.holdSeconds) return 'HoldNotOver'
    return badPart(payment, amount)
  },
  refund({ payments }, { key, by, amount }, now) {
    const payment = payments.get(key)
    if (!payment) return 'UnknownPayment'
    const { quote, disputedAt } = payment
    if (![quote.buyer, quote.seller, quote.arbiter].includes(by)) return 'NotParty'
    if (by !== quote.seller && disputedAt === undefined) return 'NotDisputed'
    if (by === quote.buyer && now < disputedAt + quote.disputeSeconds) return 'ArbiterMayDecide'
    return badPart(payment, amount)
  },
  dispute({ payments }, { key, by }, now) {
    const payment = payments.get(key)
    if (!payment) return 'UnknownPayment'
    const { quote, paidAt, disputedAt } = payment
    if (![quote.buyer, quote.seller].includes(by)) return 'NotParty'
    if (BigInt(quote.arbiter) === 0n) return 'NoArbiter'
    if (disputedAt !== undefined) return 'AlreadyDisputed'
    if (held(payment) === 0n) return 'NothingHeld'
    if (now >= paidAt + quote.holdSeconds) return 'HoldOver'
  },
  withdraw({ withdrawable }, { by, token }) {
    if (withdrawable.get(token, by) === 0n) return 'NothingToWithdraw'
  },
}

const effects = {
  pay(escrow, { key, quote, by, permitted }, now) {
    const { token, amount } = quote
    escrow.payments.set(key, { quote, paidAt: now, disputedAt: undefined, funded: amount, released: 0n, refunded: 0n })
    escrow.balances.add(amount, token)
    if (token === COINS) return
    escrow.purses.add(-amount, token, by)
    if (permitted) escrow.allowances.set(amount, token, by)
    escrow.allowances.add(-amount, token, by)
  },
  payWithPermit: (escrow, step, now) => effects.pay(escrow, step, now),
  release(escrow, { key, amount }) {
    const payment = escrow.payments.get(key)
    payment.released += amount
    escrow.withdrawable.add(amount, payment.quote.token, payment.quote.seller)
  },
  refund(escrow, { key, amount }) {
    const payment = escrow.payments.get(key)
    payment.refunded += amount
    escrow.withdrawable.add(amount, payment.quote.token, payment.quote.buyer)
  },
  dispute(escrow, { key }, now) {
    escrow.payments.get(key).disputedAt = now
  },
  withdraw({ balances, purses, withdrawable }, { by, token }) {
    const amount = withdrawable.get(token, by)
    balances.add(-amount, token)
    purses.add(amount, token, by)
    withdrawable.set(0n, token, by)
  },
}

/** The name of the error with which the escrow must refuse, or undefined when it must obey. */
export const refusalOf = (escrow, step, now) => refusals[step.name](escrow, step, now)

/** Changes the escrow as a step does that is not refused. */
export const apply = (escrow, step, now) => effects[step.name](escrow, step, now)

/** All that the escrow owes of a token: what is held and what is withdrawable. */
export function owed({ payments, withdrawable }, token) {
  const inToken = [...payments.values()].filter(({ quote }) => quote.token === token)
  return inToken.reduce((total, payment) => total + held(payment), withdrawable.sum(token))
}

function badPart(payment, amount) {
  if (amount === 0n) return 'ZeroAmount'
  if (amount > held(payment)) return 'ExceedsHeld'
}
