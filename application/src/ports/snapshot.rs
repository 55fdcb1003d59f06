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
    /// That event's place in the log.
    pub position: LogPosition,
    /// The layout of the state (`Decider::STATE_VERSION`).
    pub state_version: i32,
    /// The state.
    pub state: Value,
}

/// Where snapshots are kept.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// The newest snapshot of that layout.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn latest(
        &self,
        stream: &StreamName,
        state_version: i32,
    ) -> Result<Option<Snapshot>, StoreUnavailable>;

    /// Keeps a snapshot. MUST write only if it is newer than what is kept.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn save(&self, snapshot: &Snapshot) -> Result<(), StoreUnavailable>;
}
