//! Reported transactions that may still come to something: which there are, and what the chain
//! shows of them.

use async_trait::async_trait;
use gage_domain::{
    ids::OrderId,
    payment::AttemptStanding,
    value::{Address, B256},
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// A reported transaction that is still watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingAttempt {
    /// The order that it is to pay.
    pub order: OrderId,
    /// The transaction.
    pub tx_hash: B256,
    /// Its nonce, as it was reported.
    pub nonce: u64,
    /// Who reported it.
    pub by: Address,
    /// When.
    pub reported_at: OffsetDateTime,
    /// What was found of it so far.
    pub standing: AttemptStanding,
    /// The chain (EIP-155) of the payment.
    pub chain_id: u64,
}

/// A place in the list of pending attempts, which goes by the time of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptPlace {
    /// When it was reported.
    pub reported_at: OffsetDateTime,
    /// Its order.
    pub order: OrderId,
    /// The transaction.
    pub tx_hash: B256,
}

impl AttemptPlace {
    /// Before everything that was reported after a moment.
    pub fn since(reported_at: OffsetDateTime) -> Self {
        Self {
            reported_at,
            order: OrderId(uuid::Uuid::nil()),
            tx_hash: B256::ZERO,
        }
    }
}

impl PendingAttempt {
    /// Where it stands in the list.
    pub fn place(&self) -> AttemptPlace {
        AttemptPlace {
            reported_at: self.reported_at,
            order: self.order,
            tx_hash: self.tx_hash,
        }
    }
}

/// Answers from a read model; the aggregates decide again.
#[async_trait]
pub trait PendingAttempts: Send + Sync {
    /// The next `limit` attempts after a place, oldest first: those whose end is not known, and
    /// those that seemed dropped, which may turn up. Of one order only a few, the newest.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn pending(
        &self,
        after: AttemptPlace,
        limit: u32,
    ) -> Result<Vec<PendingAttempt>, StoreUnavailable>;
}

/// A transaction to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought {
    /// The transaction.
    pub tx_hash: B256,
    /// Who signed it, as far as is known.
    pub sender: Address,
    /// Its nonce, as far as is known.
    pub nonce: u64,
}

/// What a look at the chain shows of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It is deep in the chain, and failed there.
    Failed,
    /// It is in a block: carried out, or not deep enough to say.
    Mined,
    /// It waits to be mined.
    Waiting {
        /// Who signed it.
        sender: Address,
        /// Its nonce.
        nonce: u64,
    },
    /// It is unknown, and another transaction with its nonce is deep in the chain.
    Overtaken,
    /// It is unknown, and another one with its nonce is in the chain, not deep enough yet.
    Overtaking,
    /// It is unknown, and its nonce is free.
    Absent,
    /// The node does not say.
    Unclear,
}

/// The chain cannot be looked at now: the node is away, limits us, or does not know what the
/// listener knows. Nothing follows from that; look again later.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the chain cannot be looked at: {reason}")]
pub struct NoLook {
    /// Why, for the log.
    pub reason: String,
}

/// Looks for transactions on the chain.
#[async_trait]
pub trait AttemptView: Send + Sync {
    /// The chain (EIP-155) that is looked at.
    fn chain_id(&self) -> u64;

    /// What the chain shows of each transaction, in the order of the question. MUST be of a
    /// chain on which everything stands that was settled before the question, from before the
    /// first answer until after the last.
    ///
    /// # Errors
    /// [`NoLook`].
    async fn look(&self, sought: &[Sought]) -> Result<Vec<Finding>, NoLook>;
}
