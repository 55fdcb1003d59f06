//! Sizes and roots of the tree that stand on chains.

use async_trait::async_trait;
use gage_domain::{
    proof::TreeHead,
    value::{Address, B256},
};

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

/// The transaction that wrote an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinedAnchor {
    /// Its hash.
    pub tx_hash: B256,
    /// Its block.
    pub block_number: u64,
}

/// A size and root that stand on a chain, deep enough to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// Where.
    pub place: AnchorPlace,
    /// What.
    pub head: TreeHead,
    /// By which transaction.
    pub mined: MinedAnchor,
}

/// Anchors that are confirmed.
#[async_trait]
pub trait Anchors: Send + Sync {
    /// The one of the smallest tree that has the leaf, or else the one of the largest tree.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn confirmed_above(&self, index: u64) -> Result<Option<Anchor>, StoreUnavailable>;
}
