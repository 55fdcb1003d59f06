//! What a replay finds, each with its place, what is there, and what should be.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer};

use crate::position::LogPosition;

/// Findings of one kind that a report names; of further ones it gives the number.
const NAMED: usize = 200;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// A number is missing in a stream.
    MissingEvent,
    /// A number stands in a stream once more.
    RepeatedEvent,
    /// The events of a stream stand in the log in another order than their numbers.
    Reordered,
    /// Type, version, payload or metadata of an event cannot be read.
    Unreadable,
    /// The aggregate could not have decided that in its state.
    Illegal,
    /// A rule that holds after every event does not.
    Invariant,
    /// What belongs to an event in the same append is not there.
    Alone,
    /// Frozen in an order is something else than what was offered.
    NotAsOffered,
    /// Somebody else than who may.
    WrongActor,
    /// A time that cannot be.
    WrongTime,
    /// An event that names as its cause what came after it.
    WrongCause,
    /// A log of a chain counts twice, or was never seen by the listener.
    UnseenLog,
    /// What should have followed from an event did not.
    NotCarriedOut,
    /// A snapshot is not the state of its stream.
    Snapshot,
    /// A checkpoint is at no event.
    Checkpoint,
    /// An idempotency key names a position that is not in the log.
    Key,
    /// A row of a read model is not what the log says.
    RowDiffers,
    /// A row of a read model is missing.
    RowMissing,
    /// A row of a read model of which the log says nothing.
    RowUnknown,
    /// A read model is of another layout than this program's.
    Layout,
}

impl Fault {
    /// What is wrong, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::MissingEvent => "an event is missing",
            Self::RepeatedEvent => "an event stands there twice",
            Self::Reordered => "events are in another order",
            Self::Unreadable => "an event cannot be read",
            Self::Illegal => "an event could not have happened",
            Self::Invariant => "what always holds does not",
            Self::Alone => "what belongs to an event is missing",
            Self::NotAsOffered => "an order is not what was offered",
            Self::WrongActor => "somebody did what they may not",
            Self::WrongTime => "a time cannot be",
            Self::WrongCause => "a cause came after its effect",
            Self::UnseenLog => "a log of the chain was not seen, or counts twice",
            Self::NotCarriedOut => "what should have followed did not",
            Self::Snapshot => "a snapshot is not the state",
            Self::Checkpoint => "a checkpoint is at no event",
            Self::Key => "an idempotency key is of no event",
            Self::RowDiffers => "a row is not what the log says",
            Self::RowMissing => "a row is missing",
            Self::RowUnknown => "a row comes from no event",
            Self::Layout => "a read model has another layout",
        }
    }
}

/// Where something is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The stream, as `Type:id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The event's number in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The event's place in the log.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "printed_position"
    )]
    pub position: Option<LogPosition>,
    /// The row, as `table key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

impl Place {
    /// An event.
    pub fn event(stream: String, sequence: u64, position: LogPosition) -> Self {
        Self {
            stream: Some(stream),
            sequence: Some(sequence),
            position: Some(position),
            row: None,
        }
    }

    /// A row of a table.
    pub fn row(table: &str, key: &str) -> Self {
        Self {
            row: Some(format!("{table} {key}")),
            ..Self::default()
        }
    }
}

#[expect(clippy::ref_option, reason = "serde hands a field over like that")]
fn printed_position<S: Serializer>(
    position: &Option<LogPosition>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match position {
        Some(position) => serializer.collect_str(position),
        None => serializer.serialize_none(),
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "";
        if let Some(row) = &self.row {
            write!(f, "row {row}")?;
            before = ", ";
        }
        if let Some(stream) = &self.stream {
            write!(f, "{before}stream {stream}")?;
            before = ", ";
        }
        if let Some(sequence) = self.sequence {
            write!(f, "{before}sequence {sequence}")?;
            before = ", ";
        }
        if let Some(position) = self.position {
            write!(f, "{before}position {position}")?;
        }
        Ok(())
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub fault: Fault,
    /// Where.
    pub place: Place,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            place,
            found,
            expected,
        } = self;
        let words = fault.words();
        write!(f, "{words}: {place}: found {found}; should be {expected}")
    }
}

/// Findings: the first of each kind in the order of the log, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    named: BTreeMap<Fault, Vec<Finding>>,
    counts: BTreeMap<Fault, u64>,
}

impl Findings {
    /// Notes one.
    pub fn add(&mut self, fault: Fault, place: Place, found: String, expected: String) {
        *self.counts.entry(fault).or_default() += 1;
        let named = self.named.entry(fault).or_default();
        if named.len() < NAMED {
            named.push(Finding {
                fault,
                place,
                found,
                expected,
            });
        }
    }

    /// Adds those of another part of the work.
    pub fn merge(&mut self, other: Self) {
        for (fault, count) in other.counts {
            *self.counts.entry(fault).or_default() += count;
        }
        for (fault, findings) in other.named {
            let named = self.named.entry(fault).or_default();
            named.extend(findings);
            named.sort_by_key(|finding| finding.place.position);
            named.truncate(NAMED);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many there are of each kind.
    pub fn counts(&self) -> &BTreeMap<Fault, u64> {
        &self.counts
    }

    /// Those that are named, in the order of the log; rows come last.
    pub fn in_order(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.named.values().flatten().collect();
        all.sort_by_key(|finding| {
            let place = &finding.place;
            (place.position.is_none(), place.position)
        });
        all
    }
}
