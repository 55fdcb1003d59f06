//! What was observed on a chain, and the moves of the cursor that it comes with.

use gage_domain::{
    ids::PaymentId,
    payment::LogRef,
    value::{Address, B256, BaseUnits},
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::BlockRef;

/// One of the escrow's logs, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Which log.
    pub log: LogRef,
    /// The payment it names (the order's UUID), if that is one.
    pub payment: Option<PaymentId>,
    /// The quote's key; zero for what belongs to no payment.
    pub key: B256,
    /// What it says.
    pub what: Observed,
    /// When its block was made, if the node said so.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub mined_at: Option<OffsetDateTime>,
}

/// What a log of the escrow says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observed {
    /// Someone paid.
    Paid {
        /// Who sent the funds.
        payer: Address,
        /// The token.
        token: Address,
        /// Base units.
        amount: BaseUnits,
    },
    /// Funds went to the seller.
    Released {
        /// Base units.
        amount: BaseUnits,
    },
    /// Funds went back to the buyer.
    Refunded {
        /// Base units.
        amount: BaseUnits,
    },
    /// A dispute was opened.
    Disputed {
        /// By whom.
        by: Address,
    },
    /// An account took out what was released or refunded to it. Belongs to no payment.
    Withdrawn {
        /// The account.
        account: Address,
        /// The token.
        token: Address,
        /// Base units.
        amount: BaseUnits,
    },
}

/// The state of an observed log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SightingStatus {
    /// Seen, not yet deep enough.
    Seen,
    /// Deep enough; credited.
    Confirmed,
    /// Its block is no longer part of the chain.
    Reverted,
    /// It fits no payment of ours; kept for reconciliation.
    Unmatched,
}

/// An observed log with its state and, when unmatched, why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// The log.
    pub observation: Observation,
    /// Its state.
    pub status: SightingStatus,
    /// Why it is unmatched.
    pub reason: Option<String>,
}

/// A move of the chain cursor, written in the same transaction as the events it led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CursorMove {
    /// The chain.
    pub chain_id: u64,
    /// The escrow contract that is followed.
    pub escrow: Address,
    /// The cursor before; compare-and-swap.
    pub from: BlockRef,
    /// The cursor after; equal to `from` when only sightings change.
    pub to: BlockRef,
    /// Blocks that joined the ring of known hashes.
    pub blocks: Vec<BlockRef>,
    /// Sightings that are new or changed state.
    pub sightings: Vec<Sighting>,
}
