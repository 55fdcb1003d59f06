//! An event as comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)). No
//! value has a line break: a document's are escaped.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::ports::replay::EventRow;

pub(super) const HEADER: &str = "position,aggregate_type,aggregate_id,sequence,event_type,\
                                 event_version,payload,metadata,recorded_at\r\n";

pub(super) fn print(event: &EventRow) -> String {
    let recorded_at = event.recorded_at.format(&Rfc3339).unwrap_or_default();
    let (position, sequence) = (event.position.to_string(), event.sequence.to_string());
    let values = [
        &position,
        &event.aggregate_type,
        &event.aggregate_id,
        &sequence,
        &event.event_type,
        &event.event_version,
        &event.payload,
        &event.metadata,
        &recorded_at,
    ];
    let quoted = values.map(|value| format!("\"{}\"", value.replace('"', "\"\"")));
    format!("{}\r\n", quoted.join(","))
}

pub(super) fn read(line: &str) -> Result<EventRow, String> {
    let values = values(line)?;
    let [
        position,
        aggregate_type,
        aggregate_id,
        sequence,
        event_type,
        event_version,
        payload,
        metadata,
        recorded_at,
    ] = <[String; 9]>::try_from(values).map_err(|found| format!("{} values", found.len()))?;
    Ok(EventRow {
        position: position
            .parse()
            .map_err(|error: crate::position::InvalidPosition| error.to_string())?,
        aggregate_type,
        aggregate_id,
        sequence: sequence
            .parse()
            .map_err(|_| format!("{sequence:?} is no number"))?,
        event_type,
        event_version,
        payload,
        metadata,
        recorded_at: OffsetDateTime::parse(&recorded_at, &Rfc3339)
            .map_err(|_| format!("{recorded_at:?} is no time"))?,
    })
}

/// The values of a line, each in quotes.
fn values(line: &str) -> Result<Vec<String>, String> {
    let (mut values, mut rest) = (Vec::new(), line);
    loop {
        let inner = rest.strip_prefix('"').ok_or("a value without quotes")?;
        let mut value = String::new();
        let mut after = inner;
        loop {
            let (before, behind) = after.split_once('"').ok_or("a value without its end")?;
            value.push_str(before);
            if let Some(further) = behind.strip_prefix('"') {
                value.push('"');
                after = further;
            } else {
                after = behind;
                break;
            }
        }
        values.push(value);
        match after.strip_prefix(',') {
            Some(further) => rest = further,
            None if after.is_empty() => return Ok(values),
            None => return Err("something after a value".to_owned()),
        }
    }
}
