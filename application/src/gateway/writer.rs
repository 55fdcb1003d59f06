//! The writer: the one task that decides, on aggregates in memory, and commits in groups.
//!
//! Invariants:
//! - commands are decided one after another; their events go out in the order of the decisions;
//! - nobody decides on what another group has not committed yet: such a command waits for it;
//! - every answer, a refusal too, is given after the log confirmed what it is based on;
//! - nothing is decided on what was read in an earlier run of the log's server;
//! - whatever goes wrong with an append, what it was based on is loaded again.

use std::{
    collections::{HashMap, VecDeque},
    num::NonZeroUsize,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures::FutureExt as _;
use metrics::{counter, histogram};
use tokio::{select, sync::mpsc, task::JoinSet, time::sleep};

use super::{
    NotNow, Parts, Unit, UnitError,
    group::{Group, GroupId},
    loading::{Cold, Loaded, load},
    memory::Memory,
    ticket::{Failure, Ticket},
};
use crate::{
    event::{Decoder, StreamName},
    ports::{
        event_log::{AppendError, IdempotencyKey, LogError},
        wake::Notice,
    },
    position::LogPosition,
};

/// Aggregates that are held in memory.
const HELD: NonZeroUsize = NonZeroUsize::new(30_000).unwrap();
/// Loads of aggregates at once.
const LOADS: usize = 2;
/// Operations for which one load is made.
const LOAD_MAX: usize = 256;
/// Jitter before another attempt after a conflict, at most; doubles up to [`JITTER_MAX_MS`].
const JITTER_MS: u64 = 4;
/// Longest jitter.
const JITTER_MAX_MS: u64 = 200;

/// The task that decides and commits.
pub(super) struct Writer {
    parts: Arc<Parts>,
    decoder: Arc<Decoder>,
    memory: Memory,
    arrivals: mpsc::UnboundedReceiver<Ticket>,
    /// To be decided before what arrives.
    ready: VecDeque<Ticket>,
    /// To be decided when these aggregates are loaded.
    cold: Vec<(Vec<Cold>, Ticket)>,
    /// To be decided when the group is committed.
    waiting: HashMap<GroupId, Vec<Ticket>>,
    errands: JoinSet<Errand>,
    appends: usize,
    loads: usize,
    groups: u64,
}

/// What was done beside the writer.
enum Errand {
    Loaded {
        tickets: Vec<(Vec<StreamName>, Ticket)>,
        loaded: Result<Loaded, LogError>,
    },
    Appended {
        group: Box<Group>,
        result: Result<LogPosition, AppendError>,
        wrote: bool,
    },
    KeysFound {
        tickets: Vec<Ticket>,
        /// For each whether its key was used before.
        found: Result<Vec<bool>, LogError>,
        /// When the others are decided again.
        again: Again,
    },
    Slept {
        tickets: Vec<Ticket>,
    },
}

/// When a command is decided again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    AtOnce,
    /// After a pause, as another writer is at work.
    Later,
}

/// Those that may try once more; the others are told that it is busy.
fn once_more(tickets: Vec<Ticket>) -> Vec<Ticket> {
    let mut may = Vec::with_capacity(tickets.len());
    for mut ticket in tickets {
        if ticket.may_try_again() {
            may.push(ticket);
        } else {
            ticket.answer(Err(Failure::Busy));
        }
    }
    may
}

impl Writer {
    pub(super) fn new(parts: Arc<Parts>, arrivals: mpsc::UnboundedReceiver<Ticket>) -> Self {
        Self {
            parts,
            decoder: Arc::new(Decoder::current()),
            memory: Memory::bounded(HELD),
            arrivals,
            ready: VecDeque::new(),
            cold: Vec::new(),
            waiting: HashMap::new(),
            errands: JoinSet::new(),
            appends: 0,
            loads: 0,
            groups: 0,
        }
    }

    /// Runs until nobody can send any more and everyone is answered.
    pub(super) async fn run(mut self) {
        let mut open = true;
        while open || !self.errands.is_empty() {
            while self.appends < self.parts.lanes && self.commit_group() {}
            self.start_loads();
            select! {
                Some(errand) = self.errands.join_next() => match errand {
                    Ok(errand) => self.finish(errand),
                    // Errands catch their panics, and nobody cancels them.
                    Err(error) => tracing::error!(%error, "an errand of the writer was lost"),
                },
                arrival = self.arrivals.recv(), if open && self.appends < self.parts.lanes => {
                    match arrival {
                        Some(ticket) => self.ready.push_back(ticket),
                        None => open = false,
                    }
                }
            }
        }
    }

    /// Decides what can be decided now, and sends it off; whether there was anything.
    fn commit_group(&mut self) -> bool {
        self.groups += 1;
        let mut group = Group::new(GroupId(self.groups));
        while let Some(ticket) = self.next_ticket() {
            if ticket.is_abandoned() {
                continue;
            }
            if ticket.is_late() {
                ticket.answer(Err(Failure::Busy));
                continue;
            }
            if !group.has_room_for(&ticket) {
                self.ready.push_front(ticket);
                break;
            }
            self.decide(ticket, &mut group);
        }
        if group.is_empty() {
            return false;
        }
        self.append(group);
        true
    }

    fn next_ticket(&mut self) -> Option<Ticket> {
        self.ready
            .pop_front()
            .or_else(|| self.arrivals.try_recv().ok())
    }

    fn decide(&mut self, mut ticket: Ticket, group: &mut Group) {
        if self.memory.incarnation().is_none() {
            return self.cold.push((Vec::new(), ticket));
        }
        let mut unit = Unit::new(&self.parts, &self.memory, group.id, ticket.is_new());
        let result = ticket.run(&mut unit);
        let decided = unit.finish();
        match result {
            Ok(()) => group.accept(ticket, decided, &mut self.memory),
            Err(UnitError::Refused(refusal)) => {
                group.refuse(ticket, refusal, &decided, &self.memory);
            }
            Err(UnitError::Log(error)) => ticket.answer(Err(Failure::Log(error))),
            Err(UnitError::NotNow(NotNow::Cold(cold))) => self.cold.push((cold, ticket)),
            Err(UnitError::NotNow(NotNow::Committing(other))) => {
                self.waiting.entry(other).or_default().push(ticket);
            }
        }
    }

    fn append(&mut self, mut group: Group) {
        let append = group.take_append(self.memory.incarnation());
        histogram!("gage_group_commands").record(u32::try_from(group.len()).unwrap_or(u32::MAX));
        let log = self.parts.log.clone();
        self.appends += 1;
        self.errands.spawn(async move {
            let wrote = append.has_events();
            let appending = AssertUnwindSafe(log.append(&append)).catch_unwind();
            let result = appending.await.unwrap_or_else(|_| {
                let reason = "the append panicked".to_owned();
                Err(AppendError::OutcomeUnknown { reason })
            });
            Errand::Appended {
                group: Box::new(group),
                result,
                wrote,
            }
        });
    }

    fn start_loads(&mut self) {
        while self.loads < LOADS && !self.cold.is_empty() {
            let mut cold: HashMap<StreamName, Cold> = HashMap::new();
            let mut tickets = Vec::new();
            for (wanted, ticket) in self.cold.drain(..self.cold.len().min(LOAD_MAX)) {
                tickets.push((
                    wanted.iter().map(|cold| cold.stream.clone()).collect(),
                    ticket,
                ));
                cold.extend(wanted.into_iter().map(|cold| (cold.stream.clone(), cold)));
            }
            let (parts, decoder) = (self.parts.clone(), self.decoder.clone());
            self.loads += 1;
            self.errands.spawn(async move {
                let cold = cold.into_values().collect();
                let (log, snapshots) = (parts.log.as_ref(), parts.snapshots.as_ref());
                let loading = AssertUnwindSafe(load(log, snapshots, &decoder, cold));
                let loaded = loading.catch_unwind().await.unwrap_or_else(|_| {
                    let reason = "the load panicked".to_owned();
                    Err(LogError::Unavailable { reason })
                });
                Errand::Loaded { tickets, loaded }
            });
        }
    }

    fn finish(&mut self, errand: Errand) {
        match errand {
            Errand::Loaded { tickets, loaded } => {
                self.loads -= 1;
                self.take_loaded(tickets, loaded);
            }
            Errand::Appended {
                group,
                result,
                wrote,
            } => {
                self.appends -= 1;
                let waiting = self.waiting.remove(&group.id);
                self.take_appended(*group, result, wrote);
                self.return_to_front(waiting.unwrap_or_default());
            }
            Errand::KeysFound {
                tickets,
                found,
                again,
            } => self.take_found_keys(tickets, found, again),
            Errand::Slept { tickets } => self.return_to_front(tickets),
        }
    }

    fn take_loaded(
        &mut self,
        tickets: Vec<(Vec<StreamName>, Ticket)>,
        loaded: Result<Loaded, LogError>,
    ) {
        let mut faults = HashMap::new();
        match loaded {
            Ok(loaded) => {
                self.memory.enter(loaded.incarnation);
                for (stream, held) in loaded.streams {
                    match held {
                        Ok(held) => self.memory.keep_loaded(stream, held),
                        Err(error) => _ = faults.insert(stream, error),
                    }
                }
            }
            Err(error) => {
                for (_, ticket) in tickets {
                    ticket.answer(Err(Failure::Log(error.clone())));
                }
                return;
            }
        }
        let mut ready = Vec::with_capacity(tickets.len());
        for (wanted, ticket) in tickets {
            match wanted.iter().find_map(|stream| faults.get(stream)) {
                Some(error) => ticket.answer(Err(Failure::Log(error.clone()))),
                None => ready.push(ticket),
            }
        }
        self.return_to_front(ready);
    }

    fn take_appended(
        &mut self,
        group: Group,
        result: Result<LogPosition, AppendError>,
        wrote: bool,
    ) {
        let position = match result {
            Ok(position) => position,
            Err(error) => {
                group.forget(&mut self.memory);
                return self.take_failure(group, error);
            }
        };
        let mut snapshots = Vec::new();
        for stream in group.written() {
            snapshots.extend(self.memory.committed(stream, group.id, position));
        }
        group.answer(&Ok(position));
        if wrote {
            self.parts.wake.notify(Notice::Appended);
        }
        self.parts.snapshotter.offer(snapshots);
    }

    fn take_failure(&mut self, group: Group, error: AppendError) {
        let failure = match error {
            // A request that is repeated may show as a conflict: what it makes is there already.
            AppendError::Conflict => return self.find_used_keys(group, Again::Later),
            AppendError::OtherIncarnation => {
                // Not of a later run, which another group may have brought about.
                self.memory.leave(group.incarnation);
                return self.try_later(group.into_tickets().collect());
            }
            AppendError::KeyUsed if group.len() > 1 => {
                return self.find_used_keys(group, Again::AtOnce);
            }
            AppendError::Refused { .. } if group.len() > 1 => return self.try_halves(group),
            AppendError::KeyUsed => Failure::KeyUsed,
            AppendError::CursorMoved => Failure::CursorMoved,
            AppendError::Refused { reason } => Failure::Log(LogError::Unavailable { reason }),
            AppendError::Log(error) => Failure::Log(error),
            AppendError::OutcomeUnknown { reason } => {
                tracing::warn!(%reason, commands = group.len(), "commit with an unknown outcome");
                Failure::OutcomeUnknown { reason }
            }
        };
        group.answer(&Err(failure));
    }

    /// Another writer was first on a stream: decides again, a little later.
    fn try_later(&mut self, tickets: Vec<Ticket>) {
        for ticket in &tickets {
            counter!("gage_conflicts_total", "operation" => ticket.name()).increment(1);
        }
        let tickets = once_more(tickets);
        let Some(first) = tickets.first() else { return };
        let bound = (JITTER_MS << first.attempts().min(16)).min(JITTER_MAX_MS);
        let pause = Duration::from_millis(self.parts.entropy.below(bound + 1));
        self.errands.spawn(async move {
            sleep(pause).await;
            Errand::Slept { tickets }
        });
    }

    /// Some of the group were asked for before, and touch no other.
    fn find_used_keys(&mut self, group: Group, again: Again) {
        let tickets: Vec<Ticket> = group.into_tickets().collect();
        let keys: Vec<Option<IdempotencyKey>> = tickets.iter().map(Ticket::key).collect();
        let asked: Vec<IdempotencyKey> = keys.iter().flatten().cloned().collect();
        if asked.is_empty() {
            return self.try_later(tickets);
        }
        let log = self.parts.log.clone();
        self.errands.spawn(async move {
            let found = AssertUnwindSafe(log.earlier_requests(&asked)).catch_unwind();
            let found = found.await.unwrap_or_else(|_| {
                let reason = "the look-up of keys panicked".to_owned();
                Err(LogError::Unavailable { reason })
            });
            Errand::KeysFound {
                found: found.map(|found| {
                    let mut found = found.into_iter();
                    keys.iter()
                        .map(|key| key.is_some() && found.next().flatten().is_some())
                        .collect()
                }),
                tickets,
                again,
            }
        });
    }

    fn take_found_keys(
        &mut self,
        tickets: Vec<Ticket>,
        found: Result<Vec<bool>, LogError>,
        again: Again,
    ) {
        let used = match found {
            Ok(used) => used,
            Err(error) => {
                for ticket in tickets {
                    ticket.answer(Err(Failure::Log(error.clone())));
                }
                return;
            }
        };
        let mut others = Vec::with_capacity(tickets.len());
        for (ticket, used) in tickets.into_iter().zip(used) {
            if used {
                ticket.answer(Err(Failure::KeyUsed));
            } else {
                others.push(ticket);
            }
        }
        match again {
            Again::AtOnce => self.return_to_front(once_more(others)),
            Again::Later => self.try_later(others),
        }
    }

    /// One of the group is to blame, and touches no other: tries again in smaller groups.
    fn try_halves(&mut self, group: Group) {
        let limit = group.len() / 2;
        let mut tickets: Vec<Ticket> = group.into_tickets().collect();
        for ticket in &mut tickets {
            ticket.group_limit = limit;
        }
        self.return_to_front(tickets);
    }

    fn return_to_front(&mut self, tickets: Vec<Ticket>) {
        for ticket in tickets.into_iter().rev() {
            self.ready.push_front(ticket);
        }
    }
}
