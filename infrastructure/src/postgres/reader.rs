//! Reading streams, and how far the log reaches.

use futures::TryStreamExt;
use gage_application::{
    event::{StoredEvent, StreamName},
    ports::event_log::{LogError, LogState},
    position::LogPosition,
};
use sqlx::{Either, Executor, FromRow, PgPool, Postgres, Row, postgres::PgRow, query::Query};
use time::OffsetDateTime;

use super::{
    failure,
    rows::{self, PositionRow, RowFailure},
};

/// A stream's events after a sequence. Always at least one row, which says whether the log has
/// the event that the caller stands on.
const LOAD: &str = "
SELECT base.present, e.*
  FROM (SELECT $3 = 0 OR EXISTS (
            SELECT FROM events
             WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence = $3) AS present) AS base
  LEFT JOIN (
        SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type,
               event_version, payload, metadata, recorded_at
          FROM events
         WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence > $3) AS e ON true
 ORDER BY e.sequence";

/// The newest readable event, and since when a transaction with an id has been open. Without
/// the right to see other roles' activity (`pg_read_all_stats`) only our own are seen.
const STATE: &str = "
SELECT e.xact_id, e.position,
       (SELECT min(since) FROM (
            SELECT xact_start AS since FROM pg_stat_activity WHERE backend_xid IS NOT NULL
            UNION ALL SELECT prepared FROM pg_prepared_xacts) AS open) AS horizon_since
  FROM (SELECT value + pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon
          FROM log_offset) AS log
  LEFT JOIN LATERAL (
        SELECT xact_id, position FROM events WHERE xact_id < log.horizon
         ORDER BY xact_id DESC, position DESC
         LIMIT 1) AS e ON true";

/// See [`gage_application::ports::event_log::EventLog::load`].
pub(super) async fn load(
    pool: &PgPool,
    stream: &StreamName,
    after_sequence: u64,
) -> Result<Vec<StoredEvent>, LogError> {
    let corrupt = |sequence, reason: &str| LogError::Corrupt {
        stream: stream.to_string(),
        sequence,
        reason: reason.to_owned(),
    };
    let after = i64::try_from(after_sequence)
        .map_err(|_| corrupt(after_sequence, "no stream is that long"))?;
    let query = sqlx::query(LOAD)
        .bind(&stream.aggregate_type)
        .bind(&stream.aggregate_id)
        .bind(after);
    let rows = complete(pool, query).await?;
    let undecodable = |error: sqlx::Error| corrupt(after_sequence, &error.to_string());
    if !flag(&rows, "present").map_err(undecodable)? {
        return Err(corrupt(
            after_sequence,
            "the log ends before this event, which was seen before",
        ));
    }
    let events = events(&rows).map_err(|failure| failure.about(&stream.to_string()))?;
    for (event, expected) in events.iter().zip(after_sequence.saturating_add(1)..) {
        if event.sequence != expected {
            return Err(corrupt(expected, "the event is missing"));
        }
    }
    Ok(events)
}

/// See [`gage_application::ports::event_log::EventLog::state`].
pub(super) async fn state(pool: &PgPool) -> Result<LogState, LogError> {
    #[derive(FromRow)]
    struct StateRow {
        xact_id: Option<i64>,
        position: Option<i64>,
        horizon_since: Option<OffsetDateTime>,
    }
    let row: StateRow = sqlx::query_as(STATE)
        .fetch_one(pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
    let head = match (row.xact_id, row.position) {
        (Some(xact_id), Some(position)) => PositionRow { xact_id, position }.into(),
        _ => LogPosition::START,
    };
    Ok(LogState {
        head,
        horizon_since: row.horizon_since,
    })
}

type PgQuery<'q> = Query<'q, Postgres, sqlx::postgres::PgArguments>;

/// All rows of a query, and the server's word that these were all: it counts them at the end.
async fn complete(pool: &PgPool, query: PgQuery<'_>) -> Result<Vec<PgRow>, LogError> {
    let mut answer = pool.fetch_many(query);
    let (mut rows, mut counted) = (Vec::new(), None);
    while let Some(item) = answer
        .try_next()
        .await
        .map_err(|error| failure::of_read(&error))?
    {
        match item {
            Either::Right(row) => rows.push(row),
            Either::Left(done) => counted = Some(done.rows_affected()),
        }
    }
    match counted {
        Some(count) if u64::try_from(rows.len()) == Ok(count) => Ok(rows),
        _ => {
            let reason = format!("the answer was cut short after {} rows", rows.len());
            Err(LogError::Unavailable { reason })
        }
    }
}

fn flag(rows: &[PgRow], column: &str) -> Result<bool, sqlx::Error> {
    rows.first()
        .map_or(Err(sqlx::Error::RowNotFound), |row| row.try_get(column))
}

/// The events of rows; a row without one only carried the flag.
fn events(rows: &[PgRow]) -> Result<Vec<StoredEvent>, RowFailure> {
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        if row.try_get::<Option<i64>, _>(1)?.is_some() {
            events.push(rows::event(row, 1)?);
        }
    }
    Ok(events)
}
