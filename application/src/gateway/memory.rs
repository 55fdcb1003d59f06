//! Aggregates held in memory, between the commands that are put to them.
//!
//! Only a cache: the log stays the judge. What is held may be older than the log (another
//! replica wrote), and then the append finds out; or newer (its group is not committed yet), and
//! then nobody else decides on it before the commit. All of it is of one run of the log's server:
//! when that is started anew, the log may have been put back, and everything is forgotten.

use std::{any::Any, num::NonZeroUsize};

use gage_domain::decider::Decider;
use lru::LruCache;
use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::group::GroupId;
use crate::{
    event::StreamName,
    ports::{event_log::Incarnation, snapshot::Snapshot},
    position::LogPosition,
};

/// Events after which a stream's state is kept as a snapshot.
const SNAPSHOT_EVERY: u64 = 100;
/// Time between two snapshots of one stream: writing down a large state after every hundredth
/// event of a hot one would cost more than it saves.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(1);

/// The state of any aggregate.
pub(super) trait State: Any + Send + Sync {
    /// A copy, to be changed by a unit whose outcome is open.
    fn copied(&self) -> Box<dyn State>;
    /// Its layout, and itself as JSON.
    fn to_snapshot(&self) -> Option<(i32, Value)>;
}

impl<D: Decider> State for D {
    fn copied(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }

    fn to_snapshot(&self) -> Option<(i32, Value)> {
        Some((D::STATE_VERSION, serde_json::to_value(self).ok()?))
    }
}

impl dyn State {
    /// The state as the type that it is.
    pub(super) fn of<D: Decider>(&self) -> Option<&D> {
        (self as &dyn Any).downcast_ref()
    }

    /// The state as the type that it is, to be changed.
    pub(super) fn of_mut<D: Decider>(&mut self) -> Option<&mut D> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// An aggregate in memory.
pub(super) struct Held {
    pub(super) state: Box<dyn State>,
    /// The last event in the state.
    pub(super) sequence: u64,
    /// A position of the log at which the state was in it.
    pub(super) position: LogPosition,
    /// The group whose commit the state waits for.
    pub(super) group: Option<GroupId>,
    /// The last event in the newest snapshot.
    pub(super) snapshot_sequence: u64,
    /// When that was taken, if by us.
    snapshot_at: Option<Instant>,
    /// Whether it begins with the group that is being committed.
    new: bool,
}

impl Held {
    /// A state as the log has it.
    pub(super) fn loaded(
        state: Box<dyn State>,
        sequence: u64,
        position: LogPosition,
        snapshot_sequence: u64,
    ) -> Self {
        Self {
            state,
            sequence,
            position,
            group: None,
            snapshot_sequence,
            snapshot_at: None,
            new: false,
        }
    }

    /// A state that a group makes.
    pub(super) fn made(state: Box<dyn State>, sequence: u64, group: GroupId) -> Self {
        Self {
            group: Some(group),
            new: true,
            ..Self::loaded(state, sequence, LogPosition::START, 0)
        }
    }

    /// A snapshot, if one is due.
    fn due_snapshot(&mut self, stream: &StreamName) -> Option<Snapshot> {
        if self.sequence / SNAPSHOT_EVERY == self.snapshot_sequence / SNAPSHOT_EVERY
            || self
                .snapshot_at
                .is_some_and(|at| at.elapsed() < SNAPSHOT_PAUSE)
        {
            return None;
        }
        let (state_version, state) = self.state.to_snapshot()?;
        self.snapshot_sequence = self.sequence;
        self.snapshot_at = Some(Instant::now());
        Some(Snapshot {
            stream: stream.clone(),
            sequence: self.sequence,
            position: self.position,
            state_version,
            state,
        })
    }
}

/// The aggregates that were used last.
pub(super) struct Memory {
    incarnation: Option<Incarnation>,
    held: LruCache<StreamName, Held>,
    bound: NonZeroUsize,
}

impl Memory {
    /// Holds so many aggregates, and more only while their groups are being committed.
    pub(super) fn bounded(bound: NonZeroUsize) -> Self {
        Self {
            incarnation: None,
            held: LruCache::unbounded(),
            bound,
        }
    }

    /// The run of the log's server that everything here is of; none while that is not known, and
    /// then nothing must be decided.
    pub(super) fn incarnation(&self) -> Option<Incarnation> {
        self.incarnation
    }

    /// What is loaded from now on is of this run.
    pub(super) fn enter(&mut self, incarnation: Incarnation) {
        if self.incarnation != Some(incarnation) {
            self.forget_all();
            self.incarnation = Some(incarnation);
        }
    }

    /// The run is over: nothing that was read in it is to be relied on.
    pub(super) fn leave(&mut self, incarnation: Option<Incarnation>) {
        if self.incarnation == incarnation {
            self.forget_all();
        }
    }

    fn forget_all(&mut self) {
        self.incarnation = None;
        self.held.clear();
    }

    /// The aggregate, if it is held.
    pub(super) fn peek(&self, stream: &StreamName) -> Option<&Held> {
        self.held.peek(stream)
    }

    /// The aggregate, if it is held; it counts as used.
    pub(super) fn used(&mut self, stream: &StreamName) -> Option<&mut Held> {
        self.held.get_mut(stream)
    }

    /// Holds what was loaded, unless it is held already: that is newer, or as new.
    pub(super) fn keep_loaded(&mut self, stream: StreamName, loaded: Held) {
        if self.held.get(&stream).is_none() {
            self.hold(stream, loaded);
        }
    }

    /// Holds an aggregate.
    pub(super) fn hold(&mut self, stream: StreamName, held: Held) {
        self.held.push(stream, held);
        self.shrink();
    }

    /// Forgets an aggregate: what is held is not, or may not be, what the log has. What another
    /// group is about to commit is that group's matter.
    pub(super) fn forget(&mut self, stream: &StreamName, group: GroupId) {
        let held = self.held.peek(stream);
        if held.is_some_and(|held| held.group.is_none_or(|own| own == group)) {
            self.held.pop(stream);
        }
    }

    /// The stream's group is committed; a snapshot of it, if one is due. What another group is
    /// about to commit is that group's matter: everything may have been forgotten meanwhile.
    pub(super) fn committed(
        &mut self,
        stream: &StreamName,
        group: GroupId,
        position: LogPosition,
    ) -> Option<Snapshot> {
        let held = self.held.peek_mut(stream)?;
        if held.group != Some(group) {
            return None;
        }
        held.group = None;
        held.position = position;
        let snapshot = held.due_snapshot(stream);
        if std::mem::take(&mut held.new) {
            // The first to be forgotten: an order is looked at again when it is paid, which takes
            // minutes.
            self.held.demote(stream);
            self.shrink();
        }
        snapshot
    }

    fn shrink(&mut self) {
        while self.held.len() > self.bound.get() {
            // Rather too many for a moment than one whose commit is awaited: its state exists
            // nowhere else.
            if self
                .held
                .peek_lru()
                .is_none_or(|(_, held)| held.group.is_some())
            {
                return;
            }
            self.held.pop_lru();
        }
    }
}
