//! Snapshots: a cache of folded state. Losing them costs time, never truth.

use async_trait::async_trait;
use serde_json::Value;

use crate::{event::StreamName, ports::StoreUnavailable, position::LogPosition};

/// The state of an aggregate after some event.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamName,
    /// The last event in the state.
    pub sequence: u64,
    /// A position of the log at which that event was in it.
    pub position: LogPosition,
    /// The layout of the state (`Decider::STATE_VERSION`).
    pub state_version: i32,
    /// The state.
    pub state: Value,
}

/// Where snapshots are kept.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// The newest snapshot of each stream with its layout, in the order of the question.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn latest_many(
        &self,
        wanted: &[(StreamName, i32)],
    ) -> Result<Vec<Option<Snapshot>>, StoreUnavailable>;

    /// Keeps a snapshot. MUST write only if it is newer than what is kept.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn save(&self, snapshot: &Snapshot) -> Result<(), StoreUnavailable>;
}
