//! An event as a JSON object.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;

use crate::{ports::replay::EventRow, position::LogPosition};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    position: String,
    aggregate_type: String,
    aggregate_id: String,
    sequence: u64,
    #[serde(rename = "type")]
    event_type: String,
    version: String,
    payload: Box<RawValue>,
    metadata: Box<RawValue>,
    #[serde(with = "time::serde::rfc3339")]
    recorded_at: OffsetDateTime,
}

pub(super) fn print(event: &EventRow) -> String {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap_or_default();
    let line = Line {
        position: event.position.to_string(),
        aggregate_type: event.aggregate_type.clone(),
        aggregate_id: event.aggregate_id.clone(),
        sequence: event.sequence,
        event_type: event.event_type.clone(),
        version: event.event_version.clone(),
        payload: raw(&event.payload),
        metadata: raw(&event.metadata),
        recorded_at: event.recorded_at,
    };
    let mut printed = serde_json::to_string(&line).unwrap_or_default();
    printed.push('\n');
    printed
}

pub(super) fn read(line: &str) -> Result<EventRow, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let position: LogPosition = line
        .position
        .parse()
        .map_err(|error: crate::position::InvalidPosition| error.to_string())?;
    Ok(EventRow {
        position,
        aggregate_type: line.aggregate_type,
        aggregate_id: line.aggregate_id,
        sequence: line.sequence,
        event_type: line.event_type,
        event_version: line.version,
        payload: line.payload.get().to_owned(),
        metadata: line.metadata.get().to_owned(),
        recorded_at: line.recorded_at,
    })
}
