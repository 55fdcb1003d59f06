//! Events as a replay goes through them, and what is looked at for each, of whatever aggregate.

use std::collections::HashMap;

use gage_domain::{
    decider::Decider, ids::PayoutId, inventory::Inventory, order::Order, payment::Payment,
    payout::Payout, product::Product, shop::Shop,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    finding::{Fault, Findings, Place},
    legal::{self, Legal},
};
use crate::{event::Recorded, ports::replay::KeptState, position::LogPosition};

/// How far clocks of the server and of the database may be apart.
const CLOCKS: Duration = Duration::minutes(5);

/// An aggregate with how far its stream was read.
#[derive(Debug, Clone, Default)]
pub(super) struct Folded<D> {
    /// Its state.
    pub(super) state: D,
    sequence: u64,
    position: LogPosition,
    decided_at: Option<OffsetDateTime>,
}

/// A stream in few bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StreamKey {
    Shop(Uuid),
    Product(Uuid),
    Inventory(Uuid),
    Order(Uuid),
    Payment(Uuid),
    Payout(PayoutId),
}

/// Snapshots that wait for their stream to be as far.
pub(super) type Snapshots = HashMap<StreamKey, KeptState>;

impl StreamKey {
    /// The stream with this name; none for an aggregate that there is not.
    pub(super) fn named(aggregate_type: &str, id: &str) -> Option<Self> {
        let uuid = || {
            let parsed = Uuid::parse_str(id).ok();
            parsed.filter(|uuid| uuid.hyphenated().to_string() == id)
        };
        match aggregate_type {
            Shop::TYPE => uuid().map(Self::Shop),
            Product::TYPE => uuid().map(Self::Product),
            Inventory::TYPE => uuid().map(Self::Inventory),
            Order::TYPE => uuid().map(Self::Order),
            Payment::TYPE => uuid().map(Self::Payment),
            Payout::TYPE => id.parse().ok().map(Self::Payout),
            _ => None,
        }
    }

    /// The layout of the aggregate's state.
    pub(super) fn state_version(self) -> i32 {
        match self {
            Self::Shop(_) => Shop::STATE_VERSION,
            Self::Product(_) => Product::STATE_VERSION,
            Self::Inventory(_) => Inventory::STATE_VERSION,
            Self::Order(_) => Order::STATE_VERSION,
            Self::Payment(_) => Payment::STATE_VERSION,
            Self::Payout(_) => Payout::STATE_VERSION,
        }
    }
}

impl std::fmt::Display for StreamKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Shop(id) => write!(f, "{}:{id}", Shop::TYPE),
            Self::Product(id) => write!(f, "{}:{id}", Product::TYPE),
            Self::Inventory(id) => write!(f, "{}:{id}", Inventory::TYPE),
            Self::Order(id) => write!(f, "{}:{id}", Order::TYPE),
            Self::Payment(id) => write!(f, "{}:{id}", Payment::TYPE),
            Self::Payout(id) => write!(f, "{}:{id}", Payout::TYPE),
        }
    }
}

/// Where an event stands.
pub(super) fn place(key: StreamKey, event: &Recorded) -> Place {
    Place::event(key.to_string(), event.sequence, event.position)
}

impl<D: Legal> Folded<D> {
    /// The last event's number.
    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Looks at an event's number, place and time, and at whether it could have happened.
    pub(super) fn check(
        &mut self,
        key: StreamKey,
        event: &Recorded,
        happened: &D::Event,
        findings: &mut Findings,
    ) {
        self.arrive(key, event.sequence, event.position, findings);
        self.times(key, event, findings);
        let decided_at = event.metadata.decided_at;
        if let Err(expected) = legal::check(&self.state, happened, decided_at) {
            let found = legal::json(happened);
            findings.add(Fault::Illegal, place(key, event), found, expected);
        }
        self.decided_at = Some(decided_at);
    }

    /// The state after the event; a snapshot that was taken there has to be the same.
    pub(super) fn evolve(
        &mut self,
        key: StreamKey,
        happened: &D::Event,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        self.state = std::mem::take(&mut self.state).evolve(happened);
        if snapshots.is_empty() {
            return;
        }
        let here = |kept: &KeptState| kept.sequence == self.sequence;
        if snapshots.get(&key).is_some_and(here)
            && let Some(kept) = snapshots.remove(&key)
        {
            let folded = serde_json::to_value(&self.state).unwrap_or_default();
            if folded != kept.state || kept.position < self.position {
                let place = Place {
                    row: Some("state_snapshots".to_owned()),
                    ..Place::event(key.to_string(), kept.sequence, kept.position)
                };
                let (found, expected) = (kept.state.to_string(), folded.to_string());
                findings.add(Fault::Snapshot, place, found, expected);
            }
        }
    }

    /// An event that cannot be read keeps its number.
    pub(super) fn arrive(
        &mut self,
        key: StreamKey,
        sequence: u64,
        position: LogPosition,
        findings: &mut Findings,
    ) {
        let next = self.sequence + 1;
        let here = || Place::event(key.to_string(), sequence, position);
        let found = format!("sequence {sequence} after {}", self.sequence);
        if sequence > next {
            let missing = format!("sequence {next}, which is missing");
            findings.add(Fault::MissingEvent, here(), found, missing);
        } else if sequence < next {
            let fault = if sequence == self.sequence {
                Fault::RepeatedEvent
            } else {
                Fault::Reordered
            };
            findings.add(fault, here(), found, format!("sequence {next}"));
        }
        self.sequence = sequence.max(self.sequence);
        self.position = position;
    }

    fn times(&self, key: StreamKey, event: &Recorded, findings: &mut Findings) {
        let (decided, recorded) = (event.metadata.decided_at, event.recorded_at);
        if decided > recorded + CLOCKS {
            let found = format!("decided at {decided}, recorded at {recorded}");
            let expected = "recorded after it was decided".to_owned();
            findings.add(Fault::WrongTime, place(key, event), found, expected);
        }
        if let Some(before) = self.decided_at
            && decided + CLOCKS < before
        {
            let found = format!("decided at {decided}");
            let expected = format!("no earlier than the event before it, at {before}");
            findings.add(Fault::WrongTime, place(key, event), found, expected);
        }
        if let Ok(cause) = event.metadata.causation_id.parse::<LogPosition>()
            && cause >= event.position
        {
            let found = format!("caused by the event at {cause}");
            let expected = "a cause before the event".to_owned();
            findings.add(Fault::WrongCause, place(key, event), found, expected);
        }
    }
}
