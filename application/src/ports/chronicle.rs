//! The history to look things up in: events by stream, type, actor, correlation and time, page by
//! page, both ways.

use async_trait::async_trait;
use gage_domain::ids::OrderId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    event::{StoredEvent, StreamName},
    ports::event_log::LogError,
    position::LogPosition,
};

/// Of what events are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Of {
    /// Of everything.
    #[default]
    Everything,
    /// Of these streams.
    Streams(Vec<StreamName>),
}

/// Which events are wanted. What is not named is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub of: Of,
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
    /// Not after this place in the log.
    pub up_to: Option<LogPosition>,
}

impl Wanted {
    /// Whether something is asked of each event but whose it is.
    pub fn sifts(&self) -> bool {
        !self.types.is_empty()
            || self.actor.is_some()
            || self.correlation_id.is_some()
            || self.from.is_some()
            || self.until.is_some()
    }

    /// Whether an event is wanted.
    pub fn has(&self, event: &StoredEvent) -> bool {
        let of = match &self.of {
            Of::Everything => true,
            Of::Streams(streams) => streams.contains(&event.stream),
        };
        of && (self.types.is_empty() || self.types.contains(&event.event_type))
            && (self.correlation_id).is_none_or(|id| event.metadata.correlation_id == id)
            && (self.actor.as_ref()).is_none_or(|actor| event.metadata.actor.to_string() == *actor)
            && self.from.is_none_or(|from| event.recorded_at >= from)
            && self.until.is_none_or(|until| event.recorded_at < until)
            && self.up_to.is_none_or(|last| event.position <= last)
    }
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

/// Where events that are wanted stand, in a stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Their places and streams, in the way that was gone.
    pub places: Vec<(LogPosition, StreamName)>,
    /// How far was looked.
    pub looked_to: Option<LogPosition>,
    /// Whether there is nothing beyond.
    pub at_end: bool,
}

/// The history.
#[async_trait]
pub trait Chronicle: Send + Sync {
    /// At most `limit` events that are wanted. Looks at no more than a bounded number of others on
    /// the way, so that a page may be short, and even empty, before the end; and at none beyond
    /// the last that it answers with but the next. MUST NOT pass an event while an earlier one
    /// could still appear.
    ///
    /// # Errors
    /// [`LogError`].
    async fn page(&self, wanted: &Wanted, way: Way, limit: u32) -> Result<Leaf, LogError>;

    /// Where all events stand that are wanted in the next stretch of the log, of which streams is
    /// not asked. As [`Chronicle::page`], for whoever has to say which streams those are.
    ///
    /// # Errors
    /// [`LogError`].
    async fn places(&self, wanted: &Wanted, way: Way) -> Result<Stretch, LogError>;

    /// The events at positions; none where there is none.
    ///
    /// # Errors
    /// [`LogError`].
    async fn at(&self, positions: &[LogPosition]) -> Result<Vec<Option<StoredEvent>>, LogError>;

    /// The first events of decisions: those of an append that have a correlation, in the order of
    /// the log. With an order only what they did to stock for that order: one request may be about
    /// many.
    ///
    /// # Errors
    /// [`LogError`].
    async fn of_decisions(
        &self,
        decisions: &[(i64, Uuid)],
        about: Option<OrderId>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, LogError>;

    /// How many events a stream has.
    ///
    /// # Errors
    /// [`LogError`].
    async fn length(&self, stream: &StreamName) -> Result<u64, LogError>;
}
