//! What a replay came to.

use std::{collections::BTreeMap, time::Duration};

use serde::{Serialize, Serializer};

use super::finding::{Fault, Finding};
use crate::position::LogPosition;

/// A part of the work with what it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Phase {
    /// Events or rows.
    pub read: u64,
    /// Milliseconds.
    #[serde(rename = "millis", serialize_with = "millis")]
    pub took: Duration,
}

impl Phase {
    /// Events or rows in a second.
    pub fn rate(&self) -> u64 {
        let micros = self.took.as_micros().max(1);
        u64::try_from(u128::from(self.read) * 1_000_000 / micros).unwrap_or(u64::MAX)
    }
}

/// What a replay came to.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Events in the log.
    pub events: u64,
    /// The last one.
    #[serde(serialize_with = "printed")]
    pub head: LogPosition,
    /// Streams that were folded.
    pub streams: u64,
    /// Orders that were put away to keep memory bounded, and read again because something more
    /// happened to them.
    pub again: u64,
    /// Folding.
    pub folding: Phase,
    /// Comparing.
    pub comparing: Phase,
    /// The read models that were compared, with where they stand.
    pub read_models: BTreeMap<String, String>,
    /// How many findings there are of each kind.
    pub counts: BTreeMap<Fault, u64>,
    /// The first findings of each kind, in the order of the log.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether everything is as it must be.
    pub fn agrees(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many findings there are.
    pub fn differences(&self) -> u64 {
        self.counts.values().sum()
    }
}

fn millis<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

fn printed<S: Serializer>(position: &LogPosition, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(position)
}
