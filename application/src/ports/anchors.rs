//! Sizes and roots of the tree that stand on chains.

use async_trait::async_trait;
use gage_domain::{
    proof::TreeHead,
    value::{Address, B256},
};
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// Where anchors are written: by whom, into which contract of which chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorPlace {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The contract.
    pub contract: Address,
    /// The account that writes.
    pub publisher: Address,
}

/// How far an anchor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorState {
    /// It is signed and written down here.
    Pending,
    /// A node took it.
    Sent,
    /// It is in a block.
    Mined {
        /// The block.
        block: u64,
    },
    /// Its block is deep enough to stay.
    Confirmed {
        /// The block.
        block: u64,
    },
    /// It was mined, and the contract refused.
    Reverted,
    /// No node took it.
    Refused,
    /// Another transaction took its nonce.
    Lost,
}

/// A size and root on their way to a chain, or there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Where.
    pub place: AnchorPlace,
    /// What.
    pub head: TreeHead,
    /// By which transaction.
    pub tx_hash: B256,
    /// How far it is.
    pub state: AnchorState,
    /// When it was sent first.
    pub sent_at: OffsetDateTime,
}

/// What was written to chains.
#[async_trait]
pub trait Anchors: Send + Sync {
    /// Of those that are confirmed, the one of the smallest tree that has the leaf, or else the
    /// one of the largest tree.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn confirmed_above(&self, index: u64) -> Result<Option<Anchor>, StoreUnavailable>;

    /// The newest, at most `limit`, whatever their state.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn newest(&self, limit: u32) -> Result<Vec<Anchor>, StoreUnavailable>;
}
