//! The unit of work: states that an operation read, and events that it decided.

use std::collections::{BTreeMap, btree_map::Entry};

use cqrs_es::DomainEvent;
use gage_domain::{decider::Decider, policy::Policy};
use serde_json::value::to_raw_value;
use time::OffsetDateTime;

use super::{
    group::GroupId,
    loading::Cold,
    memory::{Memory, State},
};
use crate::{
    event::StreamName,
    gateway::{NotNow, Parts, UnitError},
    ports::{
        chain::{CursorMove, PaymentRail},
        event_log::{LogError, NewEvent},
    },
};

/// One attempt of an operation, on aggregates in memory. What it decides changes these only
/// when the operation was accepted as a whole.
pub struct Unit<'a> {
    parts: &'a Parts,
    memory: &'a Memory,
    group: GroupId,
    now: OffsetDateTime,
    guess_new: bool,
    streams: BTreeMap<StreamName, Touched>,
    wanted: Vec<Cold>,
    cursor: Option<CursorMove>,
}

/// A stream that the operation read, and perhaps adds to.
pub(super) struct Touched {
    /// The last event that the decision knew of.
    pub(super) sequence: u64,
    pub(super) progress: Progress,
    pub(super) events: Vec<NewEvent>,
}

/// The state of a touched stream, compared with the one in memory.
pub(super) enum Progress {
    /// The same.
    None,
    /// These events further. Nobody looked at the state since, so it was not copied: the one in
    /// memory, which may be large, is changed in its place when the operation is accepted.
    Events(Box<dyn Happened>),
    /// This one.
    State(Box<dyn State>),
}

/// Events that are to be folded into a state.
pub(super) trait Happened: Send + Sync {
    /// Folds them.
    fn evolve(&self, state: &mut dyn State);
}

struct Events<D: Decider>(Vec<D::Event>);

impl<D: Decider> Happened for Events<D> {
    fn evolve(&self, state: &mut dyn State) {
        if let Some(state) = state.of_mut::<D>() {
            for event in &self.0 {
                *state = std::mem::take(state).evolve(event);
            }
        }
    }
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
    pub(super) streams: BTreeMap<StreamName, Touched>,
    pub(super) cursor: Option<CursorMove>,
    pub(super) now: OffsetDateTime,
}

impl<'a> Unit<'a> {
    /// `guess_new`: take streams that should be new for new without a look at the log.
    pub(super) fn new(
        parts: &'a Parts,
        memory: &'a Memory,
        group: GroupId,
        guess_new: bool,
    ) -> Self {
        Self {
            parts,
            memory,
            group,
            now: parts.clock.now(),
            guess_new,
            streams: BTreeMap::new(),
            wanted: Vec::new(),
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

    /// Says that the aggregates will be looked at: if some have to be loaded, then all at once.
    pub fn want<D: Decider>(&mut self, ids: impl IntoIterator<Item = D::Id>) {
        for id in ids {
            let name = StreamName::of::<D>(id);
            if self.memory.peek(&name).is_none() {
                self.wanted.push(Cold::of::<D>(name));
            }
        }
    }

    /// Says that the aggregate should not exist yet (its id was made for this operation): it is
    /// not loaded to find that out. If it does exist, the append is in conflict, and the next
    /// attempt loads it.
    pub fn expect_new<D: Decider>(&mut self, id: D::Id) {
        let name = StreamName::of::<D>(id);
        if self.guess_new && self.memory.peek(&name).is_none() {
            self.streams.entry(name).or_insert_with(|| Touched {
                sequence: 0,
                progress: Progress::State(Box::new(D::default())),
                events: Vec::new(),
            });
        }
    }

    /// The state of an aggregate, with what this unit has decided so far.
    ///
    /// # Errors
    /// [`UnitError::NotNow`] when it has to be loaded first, or waits for a commit.
    pub fn state<D: Decider>(&mut self, id: D::Id) -> Result<&D, UnitError> {
        let name = StreamName::of::<D>(id);
        let held = self.memory.peek(&name);
        let touched = match self.streams.entry(name) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let Some(held) = held else {
                    self.wanted.push(Cold::of::<D>(entry.into_key()));
                    let all = std::mem::take(&mut self.wanted);
                    return Err(UnitError::NotNow(NotNow::Cold(all)));
                };
                if let Some(other) = held.group.filter(|group| *group != self.group) {
                    return Err(UnitError::NotNow(NotNow::Committing(other)));
                }
                entry.insert(Touched {
                    sequence: held.sequence,
                    progress: Progress::None,
                    events: Vec::new(),
                })
            }
        };
        let held = held.map(|held| held.state.as_ref());
        touched
            .state(held)
            .and_then(|state| state.of())
            .ok_or_else(|| mistyped::<D>(id))
    }

    /// Puts a command to an aggregate; what it decides is part of the append.
    ///
    /// # Errors
    /// [`UnitError::Refused`] with the aggregate's rejection, or as [`Unit::state`].
    pub fn decide<D: Decider>(
        &mut self,
        id: D::Id,
        command: &D::Command,
    ) -> Result<Change, UnitError> {
        self.try_decide::<D>(id, command)?
            .map_err(|rejection| rejection.into().into())
    }

    /// Like [`Unit::decide`], for operations that go on after a rejection.
    ///
    /// # Errors
    /// As [`Unit::state`].
    pub fn try_decide<D: Decider>(
        &mut self,
        id: D::Id,
        command: &D::Command,
    ) -> Result<Result<Change, D::Rejection>, UnitError> {
        let now = self.now;
        let events = match self.state::<D>(id)?.decide(command, now) {
            Ok(events) if events.is_empty() => return Ok(Ok(Change::None)),
            Ok(events) => events,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let touched = self.streams.get_mut(&StreamName::of::<D>(id));
        touched
            .ok_or_else(|| mistyped::<D>(id))?
            .add::<D>(events)
            .map_err(|error| unwritable::<D>(id, &error))?;
        Ok(Ok(Change::Made))
    }

    /// Moves the chain cursor in the same append.
    pub fn move_cursor(&mut self, cursor: CursorMove) {
        self.cursor = Some(cursor);
    }

    pub(super) fn finish(self) -> Decided {
        Decided {
            streams: self.streams,
            cursor: self.cursor,
            now: self.now,
        }
    }
}

impl Touched {
    /// The state, given the one in memory.
    fn state<'s>(&'s mut self, held: Option<&'s dyn State>) -> Option<&'s dyn State> {
        if let Progress::Events(happened) = &self.progress {
            let mut own = held?.copied();
            happened.evolve(own.as_mut());
            self.progress = Progress::State(own);
        }
        match &self.progress {
            Progress::State(own) => Some(own.as_ref()),
            Progress::None | Progress::Events(_) => held,
        }
    }

    fn add<D: Decider>(&mut self, events: Vec<D::Event>) -> Result<(), serde_json::Error> {
        for event in &events {
            self.events.push(NewEvent {
                event_type: event.event_type(),
                event_version: event.event_version(),
                payload: to_raw_value(event)?,
            });
        }
        let happened = Events::<D>(events);
        match &mut self.progress {
            Progress::State(own) => happened.evolve(own.as_mut()),
            // Only a state that was just looked at is decided on, so no earlier events are lost.
            Progress::None | Progress::Events(_) => {
                self.progress = Progress::Events(Box::new(happened));
            }
        }
        Ok(())
    }
}

/// Two aggregates under one type name: a mistake in the program, told instead of panicking.
fn mistyped<D: Decider>(id: D::Id) -> UnitError {
    corrupt::<D>(id, "two aggregates share this type name".to_owned())
}

fn unwritable<D: Decider>(id: D::Id, error: &serde_json::Error) -> UnitError {
    corrupt::<D>(
        id,
        format!("a new event cannot be written as JSON: {error}"),
    )
}

fn corrupt<D: Decider>(id: D::Id, reason: String) -> UnitError {
    UnitError::Log(LogError::Corrupt {
        stream: StreamName::of::<D>(id).to_string(),
        sequence: 0,
        reason,
    })
}
