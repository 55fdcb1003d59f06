//! The history to look things up in: events by stream, type, actor, correlation and time, page by
//! page, both ways.

use async_trait::async_trait;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    event::{StoredEvent, StreamName},
    ports::event_log::LogError,
    position::LogPosition,
};

/// Which events are wanted. What is not named is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this stream.
    pub stream: Option<StreamName>,
    /// Of these types, for example `OrderPlaced`; of all when there are none.
    pub types: Vec<String>,
    /// Of this actor, printed: `wallet:0x…` or `system:NAME`.
    pub actor: Option<String>,
    /// With this correlation.
    pub correlation_id: Option<Uuid>,
    /// Recorded at this moment or later.
    pub from: Option<OffsetDateTime>,
    /// Recorded before this moment.
    pub until: Option<OffsetDateTime>,
}

/// Which way a page goes, from an event that is not on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To later events; from the beginning without one.
    Onwards(Option<LogPosition>),
    /// To earlier events; from the end without one.
    Back(Option<LogPosition>),
}

/// A page of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The events that are wanted, in the order of the log whichever way was gone.
    pub events: Vec<StoredEvent>,
    /// How far was looked: where to go on, in the same way. None when nothing was looked at.
    pub looked_to: Option<LogPosition>,
    /// Whether there is nothing beyond.
    pub at_end: bool,
}

/// The history.
#[async_trait]
pub trait Chronicle: Send + Sync {
    /// At most `limit` events that are wanted. Looks at no more than a bounded number of others on
    /// the way, so that a page may be short, and even empty, before the end. MUST NOT pass an
    /// event while an earlier one could still appear.
    ///
    /// # Errors
    /// [`LogError`].
    async fn page(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<Leaf, LogError>;

    /// The events at positions; none where there is none.
    ///
    /// # Errors
    /// [`LogError`].
    async fn at(&self, positions: &[LogPosition]) -> Result<Vec<Option<StoredEvent>>, LogError>;

    /// The first events of decisions: those of an append that have a correlation, in the order of
    /// the log.
    ///
    /// # Errors
    /// [`LogError`].
    async fn of_decisions(
        &self,
        decisions: &[(i64, Uuid)],
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LogError>;

    /// How many events a stream has.
    ///
    /// # Errors
    /// [`LogError`].
    async fn length(&self, stream: &StreamName) -> Result<u64, LogError>;
}
