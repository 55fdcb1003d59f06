//! How far the chains were followed, and how that fares.

use std::{collections::BTreeMap, fmt, sync::Arc};

use time::OffsetDateTime;

use super::BlockRef;

/// What the listener knows, for health, confirmations and deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainStatus {
    /// The newest block seen.
    pub head: Option<BlockRef>,
    /// Blocks between the cursor and the head.
    pub lag_blocks: u64,
    /// Until when the chain has surely been read: the time at which a poll began that found
    /// the cursor at the head, or the head's own time when that is too old to be the head.
    pub read_until: Option<OffsetDateTime>,
    /// How the listener fares.
    pub condition: ChainCondition,
}

/// How the listener fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainCondition {
    /// It has not reached the node yet.
    Starting,
    /// It follows.
    Following,
    /// It follows, and the newest block is too old to be the chain's: the node stands still, or
    /// the chain does. Payments may be missing.
    Stalled,
    /// The node is away; it tries again.
    Unreachable,
    /// It halted: the node is not the chain that the cursor belongs to, or the chain was
    /// reorganised deeper than the ring. Needs the operator.
    Halted,
}

/// A look at the listener.
pub trait ChainView: Send + Sync {
    /// What it knows now.
    fn status(&self) -> ChainStatus;
    /// Blocks, the log's own included, that a payment needs.
    fn confirmations_required(&self) -> u64;
}

/// The chains that are followed, by their id (EIP-155). Cheap to clone.
#[derive(Clone, Default)]
pub struct FollowedChains(Arc<BTreeMap<u64, Arc<dyn ChainView>>>);

impl FollowedChains {
    /// A chain; none when it is not followed.
    pub fn get(&self, chain_id: u64) -> Option<&dyn ChainView> {
        self.0.get(&chain_id).map(AsRef::as_ref)
    }

    /// All of them, by their id.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &dyn ChainView)> {
        self.0.iter().map(|(id, view)| (*id, view.as_ref()))
    }
}

impl FromIterator<(u64, Arc<dyn ChainView>)> for FollowedChains {
    fn from_iter<T: IntoIterator<Item = (u64, Arc<dyn ChainView>)>>(chains: T) -> Self {
        Self(Arc::new(chains.into_iter().collect()))
    }
}

impl fmt::Debug for FollowedChains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
