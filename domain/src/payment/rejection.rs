//! Why a payment refuses a command.

use thiserror::Error;

use super::{ClosingReason, LogRef};
use crate::{
    escrow::MoreThanHeld,
    policy,
    rate::ConversionFault,
    value::{Address, B256, BaseUnits},
};

/// Why a payment refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PaymentRejection {
    /// There is no such payment.
    #[error("no payment was requested")]
    NotRequested,
    /// The payment was requested on other terms.
    #[error("the payment was already requested on other terms")]
    AlreadyRequested,
    /// The terms are none that anyone could keep.
    #[error("the terms of the payment are wrong: {0}")]
    Terms(TermsFault),
    /// The payment is not wanted any more.
    #[error("the payment is closed")]
    Closed {
        /// Why.
        reason: ClosingReason,
    },
    /// The payment is there already.
    #[error("the payment has already been made")]
    AlreadyPaid,
    /// Only the buyer may do that.
    #[error("the wallet is not the buyer's")]
    NotTheBuyer,
    /// The buyer reported more transactions than anyone needs.
    #[error(
        "at most {} transactions can be reported for a payment",
        policy::MAX_ATTEMPTS
    )]
    TooManyAttempts,
    /// The transaction was reported with another nonce.
    #[error("the transaction was reported with the nonce {reported}")]
    NonceDiffers {
        /// The nonce that was reported first.
        reported: u64,
    },
    /// Nobody reported the transaction.
    #[error("the transaction was not reported")]
    NoSuchAttempt,
    /// The transaction did pay.
    #[error("the transaction is the one that paid")]
    AttemptPaid,
    /// The log is of another chain.
    #[error("the log is of chain {found}, the payment is on chain {expected}")]
    ChainMismatch {
        /// The payment's chain.
        expected: u64,
        /// The log's chain.
        found: u64,
    },
    /// The log is of another payment.
    #[error("the log is of the payment {found}, not of {expected}")]
    KeyMismatch {
        /// The payment's key.
        expected: B256,
        /// The log's key.
        found: B256,
    },
    /// The log is of another token.
    #[error("the log is of the token {found}, not of {expected}")]
    TokenMismatch {
        /// The payment's token.
        expected: Address,
        /// The log's token.
        found: Address,
    },
    /// The log is of another amount.
    #[error("the log is of {found} base units, not of {expected}")]
    AmountMismatch {
        /// The payment's amount.
        expected: BaseUnits,
        /// The log's amount.
        found: BaseUnits,
    },
    /// Another log is the payment.
    #[error("another log, in transaction {}, already is the payment", .standing.tx_hash)]
    CreditedByAnotherLog {
        /// The log that counts.
        standing: LogRef,
    },
    /// The log was not detected as this payment.
    #[error("the log was not detected as the payment")]
    NotDetected,
    /// The money is not confirmed, so it cannot have moved.
    #[error("the payment is not confirmed")]
    NotConfirmed,
    /// Money left the escrow after the payment, so that its block cannot be gone alone.
    #[error("{released} released and {refunded} refunded: the payment cannot be reverted")]
    FundsMoved {
        /// What went to the seller.
        released: BaseUnits,
        /// What went back to the buyer.
        refunded: BaseUnits,
    },
    /// The payment is on its way or there: it did not lapse.
    #[error("the payment is on its way, so it has not lapsed")]
    InFlight,
    /// A movement of nothing.
    #[error("the amount must be above zero")]
    ZeroAmount,
    /// More left than was there.
    #[error(transparent)]
    MoreThanHeld(#[from] MoreThanHeld),
    /// The log was recorded as something else.
    #[error("the log was recorded as something else")]
    LogUsedOtherwise,
    /// A dispute is open already.
    #[error("the payment is already in dispute")]
    AlreadyDisputed,
}

/// What is wrong with terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TermsFault {
    /// Nothing to pay.
    #[error("the amount must be above zero")]
    ZeroAmount,
    /// Nobody could be refunded.
    #[error("the buyer must not be the zero address")]
    ZeroBuyer,
    /// Nobody could be paid.
    #[error("the seller must not be the zero address")]
    ZeroSeller,
    /// Nothing could hold the money.
    #[error("the escrow must not be the zero address")]
    ZeroEscrow,
    /// A chain counts whole seconds.
    #[error("the deadline must be in whole seconds")]
    DeadlineInFractions,
    /// A chain's time starts in 1970.
    #[error("the deadline must be after 1970")]
    DeadlineBeforeEpoch,
    /// The price in fiat money is no amount of tokens.
    #[error("the price cannot be converted: {0}")]
    Conversion(ConversionFault),
    /// The amount is not the price at the rate beside it.
    #[error("at the rate the amount is {converted} base units")]
    NotAtTheRate {
        /// What it is at the rate.
        converted: BaseUnits,
    },
}
