//! What can have happened to a payment.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{LogRef, Terms};
use crate::{
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};

/// Something that happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaymentEvent {
    /// A payment was asked for.
    PaymentRequested {
        /// What it is to be.
        terms: Terms,
        /// How a price in fiat money became the amount of the terms; none for a price in a token.
        conversion: Option<Box<Conversion>>,
    },
    /// The buyer says that a transaction is on its way. A hint, never proof.
    AttemptReported {
        /// The transaction.
        tx_hash: B256,
        /// Its nonce: another transaction with it replaces this one.
        nonce: u64,
        /// Who said so.
        by: Address,
    },
    /// The escrow's log of the payment was seen.
    PaymentDetected {
        /// Where.
        log: LogRef,
        /// Who paid; anyone may pay for the buyer.
        payer: Address,
        /// Base units of the token.
        amount: BaseUnits,
        /// When its block was made, if the node said so: the hold time begins there.
        /// Since 1.1.0.
        #[serde(with = "time::serde::rfc3339::option")]
        mined_at: Option<OffsetDateTime>,
    },
    /// The payment is deep enough in the chain to count.
    PaymentConfirmed {
        /// The log that counts.
        log: LogRef,
        /// How deep it was then.
        confirmations: u64,
    },
    /// The block of the payment is not part of the chain any more.
    PaymentReverted {
        /// The log that does not count any more.
        log: LogRef,
    },
    /// A reported transaction will not pay.
    AttemptFailed {
        /// The transaction.
        tx_hash: B256,
        /// Why.
        reason: AttemptFailure,
    },
    /// The payment is not wanted any more. Money that comes later is due back.
    PaymentExpired {
        /// Why.
        reason: ClosingReason,
    },
    /// Money went to the seller.
    FundsReleased {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// Money went back to the buyer.
    FundsRefunded {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// A party asked the arbiter to decide.
    DisputeOpened {
        /// The escrow's log of it.
        log: LogRef,
        /// The party.
        by: Address,
        /// When its block was made, if the node said so: the arbiter's time begins there.
        /// Since 1.1.0.
        #[serde(with = "time::serde::rfc3339::option")]
        mined_at: Option<OffsetDateTime>,
    },
    /// The block of a release is not part of the chain any more: the money is held again.
    ReleaseReverted {
        /// The log that does not count any more.
        log: LogRef,
        /// What had gone to the seller, base units of the token.
        amount: BaseUnits,
    },
    /// The block of a refund is not part of the chain any more: the money is held again.
    RefundReverted {
        /// The log that does not count any more.
        log: LogRef,
        /// What had gone to the buyer, base units of the token.
        amount: BaseUnits,
    },
    /// The block of a dispute is not part of the chain any more.
    DisputeReverted {
        /// The log that does not count any more.
        log: LogRef,
    },
}

/// Why a reported transaction will not pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AttemptFailure {
    /// It is in a block, and failed there.
    Reverted,
    /// Another transaction took its nonce.
    Replaced,
    /// The node does not know it any more.
    Dropped,
}

/// Why a payment is not wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClosingReason {
    /// Nobody paid in time.
    Lapsed,
    /// The buyer gave the order up.
    OrderCancelled,
    /// The shop's owner refused the order.
    OrderRejected,
    /// The whole payment went back to the buyer. If a reorganisation brings the money back into
    /// the escrow, it is due to the buyer again.
    OrderRefunded,
}

impl PaymentEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] = &[
        ("PaymentRequested", "2.0.0"),
        ("AttemptReported", "1.0.0"),
        ("PaymentDetected", "1.1.0"),
        ("PaymentConfirmed", "1.0.0"),
        ("PaymentReverted", "1.0.0"),
        ("AttemptFailed", "1.0.0"),
        ("PaymentExpired", "1.0.0"),
        ("FundsReleased", "1.0.0"),
        ("FundsRefunded", "1.0.0"),
        ("DisputeOpened", "1.1.0"),
        ("ReleaseReverted", "1.0.0"),
        ("RefundReverted", "1.0.0"),
        ("DisputeReverted", "1.0.0"),
    ];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::PaymentRequested { .. } => Self::TYPES[0],
            Self::AttemptReported { .. } => Self::TYPES[1],
            Self::PaymentDetected { .. } => Self::TYPES[2],
            Self::PaymentConfirmed { .. } => Self::TYPES[3],
            Self::PaymentReverted { .. } => Self::TYPES[4],
            Self::AttemptFailed { .. } => Self::TYPES[5],
            Self::PaymentExpired { .. } => Self::TYPES[6],
            Self::FundsReleased { .. } => Self::TYPES[7],
            Self::FundsRefunded { .. } => Self::TYPES[8],
            Self::DisputeOpened { .. } => Self::TYPES[9],
            Self::ReleaseReverted { .. } => Self::TYPES[10],
            Self::RefundReverted { .. } => Self::TYPES[11],
            Self::DisputeReverted { .. } => Self::TYPES[12],
        }
    }
}

impl DomainEvent for PaymentEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
