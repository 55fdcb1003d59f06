//! The unit of work: states that an operation read, and events that it decided.

use std::{any::Any, collections::BTreeMap};

use cqrs_es::DomainEvent;
use gage_domain::{decider::Decider, policy::Policy};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    event::{Decoder, StoredEvent, StreamName},
    gateway::{Parts, UnitError},
    ports::{
        chain::{CursorMove, PaymentRail},
        event_log::{LogError, NewEvent, StreamAppend},
        snapshot::Snapshot,
    },
    position::LogPosition,
};

/// Events after which a stream's state is kept as a snapshot.
const SNAPSHOT_EVERY: u64 = 100;

/// One attempt of an operation.
pub struct Unit<'a> {
    parts: &'a Parts,
    decoder: &'a Decoder,
    now: OffsetDateTime,
    streams: BTreeMap<StreamName, Touched>,
    cursor: Option<CursorMove>,
}

/// A stream that the operation read, and perhaps adds to.
struct Touched {
    state: Box<dyn Any + Send + Sync>,
    snapshot_of: fn(&(dyn Any + Send + Sync)) -> Option<(i32, Value)>,
    loaded_sequence: u64,
    snapshot_sequence: u64,
    position: LogPosition,
    events: Vec<NewEvent>,
}

/// What a command led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Events.
    Made,
    /// Nothing: what was asked for already held.
    None,
}

/// What an operation came to.
pub(super) struct Decided {
    pub(super) streams: Vec<StreamAppend>,
    pub(super) cursor: Option<CursorMove>,
    pub(super) seen: LogPosition,
    /// Snapshots worth keeping; their position is the append's.
    pub(super) snapshots: Vec<Snapshot>,
}

impl<'a> Unit<'a> {
    pub(super) fn new(parts: &'a Parts, decoder: &'a Decoder, now: OffsetDateTime) -> Self {
        Self {
            parts,
            decoder,
            now,
            streams: BTreeMap::new(),
            cursor: None,
        }
    }

    /// The time of the decision.
    pub fn now(&self) -> OffsetDateTime {
        self.now
    }

    /// The business rules' numbers.
    pub fn policy(&self) -> &'a Policy {
        &self.parts.policy
    }

    /// How payments are asked for.
    pub fn rail(&self) -> &'a dyn PaymentRail {
        self.parts.rail.as_ref()
    }

    /// The state of an aggregate, with what this unit has decided so far.
    ///
    /// # Errors
    /// [`UnitError::Log`].
    pub async fn state<D: Decider>(&mut self, id: D::Id) -> Result<&D, UnitError> {
        let name = StreamName::of::<D>(id);
        if !self.streams.contains_key(&name) {
            let touched = self.load::<D>(&name).await?;
            self.streams.insert(name.clone(), touched);
        }
        self.streams
            .get(&name)
            .and_then(|touched| touched.state.downcast_ref())
            .ok_or_else(|| mistyped(&name))
    }

    /// Puts a command to an aggregate; what it decides is part of the append.
    ///
    /// # Errors
    /// [`UnitError::Refused`] with the aggregate's rejection, or [`UnitError::Log`].
    pub async fn decide<D: Decider>(
        &mut self,
        id: D::Id,
        command: &D::Command,
    ) -> Result<Change, UnitError> {
        self.try_decide::<D>(id, command)
            .await?
            .map_err(|rejection| rejection.into().into())
    }

    /// Like [`Unit::decide`], for operations that go on after a rejection.
    ///
    /// # Errors
    /// [`UnitError::Log`].
    pub async fn try_decide<D: Decider>(
        &mut self,
        id: D::Id,
        command: &D::Command,
    ) -> Result<Result<Change, D::Rejection>, UnitError> {
        let now = self.now;
        let state = self.state::<D>(id).await?;
        let events = match state.decide(command, now) {
            Ok(events) => events,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let name = StreamName::of::<D>(id);
        let touched = self.streams.get_mut(&name).ok_or_else(|| mistyped(&name))?;
        let state = touched
            .state
            .downcast_mut::<D>()
            .ok_or_else(|| mistyped(&name))?;
        let change = if events.is_empty() {
            Change::None
        } else {
            Change::Made
        };
        for event in events {
            touched.events.push(NewEvent {
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: serde_json::to_value(&event).map_err(|error| LogError::Corrupt {
                    stream: name.to_string(),
                    sequence: touched.loaded_sequence,
                    reason: format!("a new event cannot be written as JSON: {error}"),
                })?,
            });
            *state = std::mem::take(state).evolve(&event);
        }
        Ok(Ok(change))
    }

    /// Moves the chain cursor in the same append.
    pub fn move_cursor(&mut self, cursor: CursorMove) {
        self.cursor = Some(cursor);
    }

    pub(super) fn finish(self) -> Decided {
        let seen = self.streams.values().map(|touched| touched.position).max();
        let mut streams = Vec::new();
        let mut snapshots = Vec::new();
        // A BTreeMap gives the streams in sorted order: two appends over the same streams
        // take their locks in the same order and cannot deadlock.
        for (stream, touched) in self.streams {
            if touched.events.is_empty() {
                continue;
            }
            snapshots.extend(touched.snapshot(&stream));
            streams.push(StreamAppend {
                stream,
                expected_sequence: touched.loaded_sequence,
                events: touched.events,
            });
        }
        Decided {
            streams,
            cursor: self.cursor,
            seen: seen.unwrap_or_default(),
            snapshots,
        }
    }

    async fn load<D: Decider>(&self, name: &StreamName) -> Result<Touched, UnitError> {
        let (mut state, snapshot_sequence, mut position) = self.snapshot::<D>(name).await;
        let events = self.parts.log.load(name, snapshot_sequence).await?;
        for stored in &events {
            state = state.evolve(&self.decoder.event::<D>(stored)?);
        }
        if let Some(last) = events.last() {
            position = last.position;
        }
        Ok(Touched {
            state: Box::new(state),
            snapshot_of: snapshot_of::<D>,
            loaded_sequence: events.last().map_or(snapshot_sequence, last_sequence),
            snapshot_sequence,
            position,
            events: Vec::new(),
        })
    }

    /// The state from which to fold on. A snapshot that is away or unreadable is no error:
    /// the history is all there.
    async fn snapshot<D: Decider>(&self, name: &StreamName) -> (D, u64, LogPosition) {
        let start = (D::default(), 0, LogPosition::START);
        match self.parts.snapshots.latest(name, D::STATE_VERSION).await {
            Ok(None) => start,
            Ok(Some(snapshot)) => match serde_json::from_value(snapshot.state) {
                Ok(state) => (state, snapshot.sequence, snapshot.position),
                Err(error) => {
                    tracing::error!(stream = %name, %error, "snapshot cannot be read; folding the history");
                    start
                }
            },
            Err(error) => {
                tracing::warn!(stream = %name, %error, "no snapshot; folding the history");
                start
            }
        }
    }
}

impl Touched {
    fn snapshot(&self, stream: &StreamName) -> Option<Snapshot> {
        let sequence = self.loaded_sequence + u64::try_from(self.events.len()).ok()?;
        if sequence / SNAPSHOT_EVERY == self.snapshot_sequence / SNAPSHOT_EVERY {
            return None;
        }
        let (state_version, state) = (self.snapshot_of)(self.state.as_ref())?;
        Some(Snapshot {
            stream: stream.clone(),
            sequence,
            position: self.position,
            state_version,
            state,
        })
    }
}

fn snapshot_of<D: Decider>(state: &(dyn Any + Send + Sync)) -> Option<(i32, Value)> {
    let state = state.downcast_ref::<D>()?;
    Some((D::STATE_VERSION, serde_json::to_value(state).ok()?))
}

fn last_sequence(stored: &StoredEvent) -> u64 {
    stored.sequence
}

/// Two aggregates under one type name: a mistake in the program, told instead of panicking.
fn mistyped(name: &StreamName) -> UnitError {
    UnitError::Log(LogError::Corrupt {
        stream: name.to_string(),
        sequence: 0,
        reason: "two aggregates share this type name".to_owned(),
    })
}
