//! A group of operations whose events are committed together.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    memory::{Held, Memory},
    ticket::{Failure, Outcome, Ticket},
    unit::{Decided, Progress, Touched},
};
use crate::{
    event::StreamName,
    gateway::Refusal,
    metadata::Metadata,
    ports::chain::CursorMove,
    ports::event_log::{
        Append, Decision, IdempotencyEntry, Incarnation, StreamAppend, StreamVersion,
    },
    position::LogPosition,
};

/// Operations at most in one group.
pub(super) const GROUP_MAX: usize = 500;
/// Events after which a group takes no more operations: a statement that is too long holds
/// everybody up.
const EVENTS_MAX: usize = 3_000;

/// Names a group within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupId(pub(super) u64);

/// Operations that were decided one after another, and wait for one commit.
pub(super) struct Group {
    pub(super) id: GroupId,
    members: Vec<Member>,
    decisions: Vec<Decision>,
    basis: BTreeMap<StreamName, Basis>,
    cursor: Option<CursorMove>,
    seen: LogPosition,
    /// The run of the log's server in which it was decided.
    pub(super) incarnation: Option<Incarnation>,
    events: usize,
    limit: usize,
}

struct Member {
    ticket: Ticket,
    /// Told after the commit too: it may rest on what others of the group decided.
    refusal: Option<Refusal>,
}

/// What the group's decisions on a stream are based on.
struct Basis {
    /// The last event that was in the log.
    sequence: u64,
    written: bool,
}

impl Group {
    pub(super) fn new(id: GroupId) -> Self {
        Self {
            id,
            members: Vec::new(),
            decisions: Vec::new(),
            basis: BTreeMap::new(),
            cursor: None,
            seen: LogPosition::START,
            incarnation: None,
            events: 0,
            limit: GROUP_MAX,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether there is room for one more operation.
    pub(super) fn has_room_for(&self, ticket: &Ticket) -> bool {
        let limit = self.limit.min(ticket.group_limit);
        self.members.len() < limit && self.events < EVENTS_MAX
    }

    /// Takes an operation in, and what it decided into memory.
    pub(super) fn accept(&mut self, ticket: Ticket, decided: Decided, memory: &mut Memory) {
        let idempotency = match idempotency_of(&ticket) {
            Ok(idempotency) => idempotency,
            Err(error) => {
                let reason = error.to_string();
                return ticket.answer(Err(Failure::Output { reason }));
            }
        };
        let mut streams = Vec::new();
        for (stream, touched) in decided.streams {
            self.touch(&stream, &touched, memory);
            if let Some(append) = self.write(stream, touched, memory) {
                streams.push(append);
            }
        }
        if !streams.is_empty() || idempotency.is_some() {
            self.decisions.push(Decision {
                streams,
                metadata: Metadata {
                    actor: ticket.request.actor.clone(),
                    correlation_id: ticket.request.correlation_id,
                    causation_id: ticket.request.causation_id.clone(),
                    decided_at: decided.now,
                },
                idempotency,
            });
        }
        self.cursor = decided.cursor;
        self.join(ticket, None);
    }

    /// Takes in an operation that was refused: the refusal counts once the log confirms what it
    /// is based on.
    pub(super) fn refuse(
        &mut self,
        ticket: Ticket,
        refusal: Refusal,
        decided: &Decided,
        memory: &Memory,
    ) {
        for (stream, touched) in &decided.streams {
            self.touch(stream, touched, memory);
        }
        self.join(ticket, Some(refusal));
    }

    /// What is to be written, and to be checked.
    pub(super) fn take_append(&mut self, incarnation: Option<Incarnation>) -> Append {
        self.incarnation = incarnation;
        let read_only = self.basis.iter().filter(|(_, basis)| !basis.written);
        Append {
            decisions: std::mem::take(&mut self.decisions),
            unchanged: read_only
                .map(|(stream, basis)| StreamVersion {
                    stream: stream.clone(),
                    sequence: basis.sequence,
                })
                .collect(),
            cursor: self.cursor.take(),
            seen: self.seen,
            incarnation,
        }
    }

    /// The streams that the group adds to.
    pub(super) fn written(&self) -> impl Iterator<Item = &StreamName> {
        let written = self.basis.iter().filter(|(_, basis)| basis.written);
        written.map(|(stream, _)| stream)
    }

    /// Nothing was written, or that is unknown: what is in memory is not to be relied on.
    pub(super) fn forget(&self, memory: &mut Memory) {
        for stream in self.basis.keys() {
            memory.forget(stream, self.id);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The group's operations, to be decided again.
    pub(super) fn into_tickets(self) -> impl Iterator<Item = Ticket> {
        self.members.into_iter().map(|member| member.ticket)
    }

    /// Answers everyone: refusals are refusals once the rest is committed.
    pub(super) fn answer(self, outcome: &Outcome) {
        for Member { ticket, refusal } in self.members {
            match (outcome, refusal) {
                (Ok(_), Some(refusal)) => ticket.answer(Err(Failure::Refused(refusal))),
                _ => ticket.answer(outcome.clone()),
            }
        }
    }

    fn touch(&mut self, stream: &StreamName, touched: &Touched, memory: &Memory) {
        if let Some(held) = memory.peek(stream) {
            self.seen = self.seen.max(held.position);
        }
        if !self.basis.contains_key(stream) {
            let basis = Basis {
                sequence: touched.sequence,
                written: false,
            };
            self.basis.insert(stream.clone(), basis);
        }
    }

    fn write(
        &mut self,
        stream: StreamName,
        touched: Touched,
        memory: &mut Memory,
    ) -> Option<StreamAppend> {
        if touched.events.is_empty() {
            return None;
        }
        self.events += touched.events.len();
        if let Entry::Occupied(mut basis) = self.basis.entry(stream.clone()) {
            basis.get_mut().written = true;
        }
        let sequence = touched.sequence + touched.events.len() as u64;
        match (touched.progress, memory.used(&stream)) {
            (Progress::State(state), None) => {
                let held = Held::made(state, sequence, self.id);
                memory.hold(stream.clone(), held);
            }
            (progress, Some(held)) => {
                match progress {
                    Progress::State(state) => held.state = state,
                    Progress::Events(happened) => happened.evolve(held.state.as_mut()),
                    Progress::None => {}
                }
                held.sequence = sequence;
                held.group = Some(self.id);
            }
            // Only what is in memory has a progress that is no state of its own.
            (Progress::None | Progress::Events(_), None) => {}
        }
        Some(StreamAppend {
            stream,
            expected_sequence: touched.sequence,
            events: touched.events,
        })
    }

    fn join(&mut self, ticket: Ticket, refusal: Option<Refusal>) {
        self.limit = self.limit.min(ticket.group_limit);
        self.members.push(Member { ticket, refusal });
    }
}

/// What is to be remembered of a request with a key.
fn idempotency_of(ticket: &Ticket) -> Result<Option<IdempotencyEntry>, serde_json::Error> {
    let Some(key) = ticket.request.idempotency_key.clone() else {
        return Ok(None);
    };
    Ok(Some(IdempotencyEntry {
        key,
        request_hash: ticket.request_hash,
        output: ticket.output()?,
    }))
}
