//! Rows of the log as events, as far as they can be read.

use std::hash::RandomState;

use super::{
    catalogue::Catalogue,
    crew::Crew,
    entry::{Snapshots, StreamKey},
    finding::{Fault, Findings, Place},
    life::{Life, Mark},
    witness::timeline,
};
use crate::{
    event::{Decoder, Fact, JsonText, Recorded, StoredEvent, StreamName},
    metadata::{Actor, Metadata},
    ports::replay::EventRow,
    position::LogPosition,
};
use gage_domain::ids::OrderId;

/// An event as far as it can be read.
pub(super) enum Entry {
    Read(Box<Recorded>),
    Unreadable {
        key: Option<StreamKey>,
        stream: String,
        sequence: u64,
        position: LogPosition,
        reason: String,
    },
}

pub(super) fn decode(rows: Vec<EventRow>) -> Vec<Entry> {
    let decoder = Decoder::current();
    let rows = rows.into_iter();
    rows.map(|row| decoded(&decoder, row)).collect()
}

fn decoded(decoder: &Decoder, row: EventRow) -> Entry {
    let (sequence, position) = (row.sequence, row.position);
    let key = StreamKey::named(&row.aggregate_type, &row.aggregate_id);
    // The name of a stream that there is says its key.
    let unnamed = match key {
        Some(_) => None,
        None => Some(format!("{}:{}", row.aggregate_type, row.aggregate_id)),
    };
    let unreadable = |reason: String| Entry::Unreadable {
        key,
        stream: key.map_or_else(|| unnamed.unwrap_or_default(), |key| key.to_string()),
        sequence,
        position,
        reason,
    };
    let metadata = match Metadata::parse(&row.metadata) {
        Ok(Some(metadata)) => metadata,
        Ok(None) => Metadata {
            actor: Actor::StoredSystem("unknown".to_owned()),
            correlation_id: uuid::Uuid::nil(),
            causation_id: String::new(),
            decided_at: row.recorded_at,
        },
        Err(error) => return unreadable(error.to_string()),
    };
    let stored = StoredEvent {
        position,
        stream: StreamName {
            aggregate_type: row.aggregate_type,
            aggregate_id: row.aggregate_id,
        },
        sequence,
        event_type: row.event_type,
        event_version: row.event_version,
        payload: JsonText::new(row.payload),
        metadata,
        recorded_at: row.recorded_at,
    };
    match decoder.decode(stored) {
        Ok(recorded) => Entry::Read(Box::new(recorded)),
        Err(error) => unreadable(error.to_string()),
    }
}

impl Entry {
    pub(super) fn of_catalogue(&self) -> bool {
        match self {
            Self::Read(event) => matches!(event.fact, Fact::Shop(..) | Fact::Product(..)),
            Self::Unreadable { .. } => false,
        }
    }

    pub(super) fn tell_catalogue(
        &self,
        catalogue: &mut Catalogue,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let Self::Read(event) = self else { return };
        match &event.fact {
            Fact::Shop(id, happened) => catalogue.shop(*id, event, happened, snapshots, findings),
            Fact::Product(id, happened) => {
                catalogue.product(*id, event, happened, snapshots, findings);
            }
            Fact::Inventory(..) | Fact::Order(..) | Fact::Payment(..) | Fact::Payout(..) => {}
        }
    }

    pub(super) fn sort_out(self, crew: &mut Crew, findings: &mut Findings) {
        match self {
            Self::Read(event) => crew.give(*event),
            Self::Unreadable {
                key,
                stream,
                sequence,
                position,
                reason,
            } => {
                let place = Place::event(stream, sequence, position);
                let expected = "an event that this program knows".to_owned();
                findings.add(Fault::Unreadable, place, reason, expected);
                if let Some(key) = key {
                    crew.give_unreadable(key, sequence, position);
                }
            }
        }
    }

    /// The order that it is about, or the order of the payment that it is about, and where it
    /// stands.
    pub(super) fn order(&self) -> Option<(OrderId, LogPosition)> {
        match self {
            Self::Read(event) => match &event.fact {
                Fact::Order(id, _) => Some((*id, event.position)),
                Fact::Payment(id, _) => Some((OrderId::from(*id), event.position)),
                _ => None,
            },
            Self::Unreadable { key, position, .. } => match key {
                Some(StreamKey::Order(id) | StreamKey::Payment(id)) => {
                    Some((OrderId(*id), *position))
                }
                _ => None,
            },
        }
    }

    /// Folds it once more into its order: what was found in it is known.
    pub(super) fn tell_again(&self, life: &mut Life, hasher: &RandomState) -> Option<Mark> {
        let (mut none, mut known) = (Snapshots::new(), Findings::default());
        match self {
            Self::Read(event) => match &event.fact {
                Fact::Order(id, happened) => {
                    life.order(*id, event, happened, &mut none, &mut known);
                    Some(life.mark(event, false, timeline::of_order(happened), hasher))
                }
                Fact::Payment(id, happened) => {
                    life.payment(*id, event, happened, &mut none, &mut known);
                    Some(life.mark(event, true, timeline::of_payment(happened), hasher))
                }
                _ => None,
            },
            Self::Unreadable {
                key: Some(key),
                sequence,
                position,
                ..
            } => {
                life.arrive(*key, *sequence, *position, &mut known);
                None
            }
            Self::Unreadable { key: None, .. } => None,
        }
    }
}
