//! Rows as values.

use std::collections::BTreeMap;

use gage_application::{
    event::{StoredEvent, StreamName},
    metadata::{Actor, Metadata},
    ports::event_log::LogError,
    position::LogPosition,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of `events`.
#[derive(Debug, FromRow)]
pub(super) struct EventRow {
    xact_id: i64,
    position: i64,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: Value,
    metadata: Value,
    recorded_at: OffsetDateTime,
}

impl EventRow {
    /// The row as an event.
    ///
    /// # Errors
    /// [`LogError::Corrupt`] when a column holds what no writer of ours writes.
    pub(super) fn into_event(self) -> Result<StoredEvent, LogError> {
        let stream = StreamName {
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
        };
        let corrupt = |sequence, reason| LogError::Corrupt {
            stream: stream.to_string(),
            sequence,
            reason,
        };
        let sequence = u64::try_from(self.sequence)
            .map_err(|error| corrupt(0, format!("column sequence: {error}")))?;
        let metadata = metadata(self.metadata, self.recorded_at)
            .map_err(|reason| corrupt(sequence, format!("column metadata: {reason}")))?;
        Ok(StoredEvent {
            position: LogPosition {
                xact_id: self.xact_id,
                position: self.position,
            },
            stream,
            sequence,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata,
            recorded_at: self.recorded_at,
        })
    }
}

/// Metadata as we write it. A stock cqrs-es writer leaves it empty: then nobody knows who it
/// was, and the time of the decision is the time of recording.
fn metadata(stored: Value, recorded_at: OffsetDateTime) -> Result<Metadata, String> {
    let map: BTreeMap<String, String> =
        serde_json::from_value(stored).map_err(|error| error.to_string())?;
    if map.is_empty() {
        return Ok(Metadata {
            actor: Actor::StoredSystem("unknown".to_owned()),
            correlation_id: Uuid::nil(),
            causation_id: String::new(),
            decided_at: recorded_at,
        });
    }
    Metadata::from_map(&map).map_err(|error| error.to_string())
}

/// A position that a row names.
#[derive(Debug, FromRow)]
pub(super) struct PositionRow {
    pub(super) xact_id: i64,
    pub(super) position: i64,
}

impl From<PositionRow> for LogPosition {
    fn from(row: PositionRow) -> Self {
        Self {
            xact_id: row.xact_id,
            position: row.position,
        }
    }
}

/// Metadata as it is stored.
pub(super) fn stored_metadata(metadata: &Metadata) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(&metadata.to_map())
}
