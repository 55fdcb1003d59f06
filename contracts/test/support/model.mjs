// The escrow's rules a second time, as a pure function over plain values: what the fuzz test holds the contract against.

/** @returns an escrow that holds nothing; `forced` coins belong to nobody */
export const emptyEscrow = () => ({ payments: new Map(), withdrawable: new Map(), balance: 0n })

const held = (payment) => payment.funded - payment.released - payment.refunded

const refusals = {
  pay({ payments }, { key, quote, value, signedBySigner }, now) {
    if (value !== quote.amount) return 'WrongValue'
    if (now > quote.deadline) return 'QuoteExpired'
    if (payments.has(key)) return 'AlreadyPaid'
    if (!signedBySigner) return 'InvalidSignature'
  },
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
  withdraw({ withdrawable }, { by }) {
    if (!withdrawable.get(by)) return 'NothingToWithdraw'
  },
}

const effects = {
  pay(escrow, { key, quote }, now) {
    escrow.payments.set(key, { quote, paidAt: now, disputedAt: undefined, funded: quote.amount, released: 0n, refunded: 0n })
    escrow.balance += quote.amount
  },
  release(escrow, { key, amount }) {
    const payment = escrow.payments.get(key)
    payment.released += amount
    credit(escrow, payment.quote.seller, amount)
  },
  refund(escrow, { key, amount }) {
    const payment = escrow.payments.get(key)
    payment.refunded += amount
    credit(escrow, payment.quote.buyer, amount)
  },
  dispute(escrow, { key }, now) {
    escrow.payments.get(key).disputedAt = now
  },
  withdraw(escrow, { by }) {
    escrow.balance -= escrow.withdrawable.get(by)
    escrow.withdrawable.set(by, 0n)
  },
}

/** The name of the error with which the escrow must refuse, or undefined when it must obey. */
export const refusalOf = (escrow, step, now) => refusals[step.name](escrow, step, now)

/** Changes the escrow as a step does that is not refused. */
export const apply = (escrow, step, now) => effects[step.name](escrow, step, now)

/** All that the escrow owes: what is held and what is withdrawable. */
export function owed({ payments, withdrawable }) {
  const sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0n)
  return sum([...payments.values()].map(held)) + sum([...withdrawable.values()])
}

function badPart(payment, amount) {
  if (amount === 0n) return 'ZeroAmount'
  if (amount > held(payment)) return 'ExceedsHeld'
}

function credit({ withdrawable }, account, amount) {
  withdrawable.set(account, (withdrawable.get(account) ?? 0n) + amount)
}
