//! Events as the database prints them: what leaves are made of.

use gage_application::{
    event::StreamName,
    ports::history_tree::{PrintedEvent, TreeError},
    position::LogPosition,
};
use sqlx::{PgPool, Row, postgres::PgRow};

use super::{counted, unavailable};
use crate::postgres::rows::{self, JsonbText};

/// There is no limit; but the planner, who does not know that, stays with the index, whatever it
/// thinks of the stretch.
const BETWEEN: &str = "
SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, event_version,
       payload, metadata, recorded_at
  FROM events
 WHERE (xact_id, position) > ($1, $2) AND (xact_id, position) <= ($3, $4)
 ORDER BY xact_id, position
 LIMIT $5";

const OF_STREAMS: &str = "
SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, event_version,
       payload, metadata, recorded_at
  FROM unnest($1::text[], $2::text[]) AS asked (aggregate_type, aggregate_id)
  JOIN events USING (aggregate_type, aggregate_id)
 ORDER BY xact_id, position";

const ONE: &str = "
SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, event_version,
       payload, metadata, recorded_at
  FROM events
 WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence = $3";

/// The events after a position up to another.
pub(super) async fn between(
    pool: &PgPool,
    after: LogPosition,
    to: LogPosition,
) -> Result<Vec<PrintedEvent>, TreeError> {
    let rows = sqlx::query(BETWEEN)
        .bind(after.xact_id)
        .bind(after.position)
        .bind(to.xact_id)
        .bind(to.position)
        .bind(None::<i64>)
        .fetch_all(pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.iter().map(printed).collect()
}

/// The events of some streams, in log order.
pub(super) async fn of_streams(
    pool: &PgPool,
    streams: &[StreamName],
) -> Result<Vec<PrintedEvent>, TreeError> {
    let types: Vec<&str> = streams.iter().map(|name| &*name.aggregate_type).collect();
    let ids: Vec<&str> = streams.iter().map(|name| &*name.aggregate_id).collect();
    let rows = sqlx::query(OF_STREAMS)
        .bind(types)
        .bind(ids)
        .fetch_all(pool)
        .await
        .map_err(|error| unavailable(&error))?;
    rows.iter().map(printed).collect()
}

/// One event of a stream.
pub(super) async fn one(
    pool: &PgPool,
    stream: &StreamName,
    sequence: u64,
) -> Result<Option<PrintedEvent>, TreeError> {
    // Larger than any that there can be.
    let Ok(sequence) = i64::try_from(sequence) else {
        return Ok(None);
    };
    let row = sqlx::query(ONE)
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .bind(sequence)
        .fetch_optional(pool)
        .await
        .map_err(|error| unavailable(&error))?;
    row.as_ref().map(printed).transpose()
}

fn printed(row: &PgRow) -> Result<PrintedEvent, TreeError> {
    let text = |column: usize| {
        let text = row.try_get::<JsonbText<'_>, _>(column);
        text.map(|JsonbText(text)| text.to_owned())
    };
    let read = || {
        Ok::<_, sqlx::Error>(PrintedEvent {
            position: rows::position(row, 0)?,
            stream: StreamName {
                aggregate_type: row.try_get(2)?,
                aggregate_id: row.try_get(3)?,
            },
            sequence: 0,
            event_type: row.try_get(5)?,
            event_version: row.try_get(6)?,
            payload: text(7)?,
            metadata: text(8)?,
            recorded_at: row.try_get(9)?,
        })
    };
    let event = read().map_err(|error| unavailable(&error))?;
    let sequence = row.try_get(4).map_err(|error| unavailable(&error))?;
    Ok(PrintedEvent {
        sequence: counted(sequence)?,
        ..event
    })
}
