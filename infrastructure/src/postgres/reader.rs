//! Reading streams, and how far the log reaches.

use futures::TryStreamExt;
use gage_application::{
    event::StoredEvent,
    ports::event_log::{LogError, LogState, StreamVersion},
    position::LogPosition,
};
use sqlx::{Either, Executor, FromRow, PgPool, Postgres, Row, postgres::PgRow, query::Query};
use time::OffsetDateTime;

use super::{
    failure,
    rows::{self, PositionRow, RowFailure},
};

/// Streams' events after a sequence each. At least one row for each stream, which says whether
/// the log has the event that the caller stands on. LATERAL: each is one range of the primary
/// key, however many the planner expects.
const LOAD: &str = "
SELECT asked.sequence = 0 OR (
            SELECT true FROM events
             WHERE aggregate_type = asked.aggregate_type AND aggregate_id = asked.aggregate_id
               AND sequence = asked.sequence) IS NOT NULL AS present,
       e.*, asked.number AS asked
  FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY
       AS asked (aggregate_type, aggregate_id, sequence, number)
  LEFT JOIN LATERAL (
        SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type,
               event_version, payload, metadata, recorded_at
          FROM events
         WHERE aggregate_type = asked.aggregate_type AND aggregate_id = asked.aggregate_id
           AND sequence > asked.sequence
         ORDER BY sequence
        OFFSET 0) AS e ON true
 ORDER BY asked.number, e.sequence";

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

/// See [`gage_application::ports::event_log::EventLog::load_many`].
pub(super) async fn load_many(
    pool: &PgPool,
    wanted: &[StreamVersion],
) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
    let types: Vec<&str> = wanted
        .iter()
        .map(|version| &*version.stream.aggregate_type)
        .collect();
    let ids: Vec<&str> = wanted
        .iter()
        .map(|version| &*version.stream.aggregate_id)
        .collect();
    let sequences: Vec<i64> = wanted
        .iter()
        .map(|version| {
            i64::try_from(version.sequence)
                .map_err(|_| missing(version, version.sequence, "no stream is that long"))
        })
        .collect::<Result<_, _>>()?;
    let query = sqlx::query(LOAD).bind(types).bind(ids).bind(sequences);
    let rows = complete(pool, query).await?;
    let mut rest = &rows[..];
    let mut histories = Vec::with_capacity(wanted.len());
    for (version, number) in wanted.iter().zip(1_i64..) {
        let undecodable =
            |error: sqlx::Error| missing(version, version.sequence, &error.to_string());
        let mut own = 0;
        for row in rest {
            if row.try_get::<i64, _>("asked").map_err(undecodable)? != number {
                break;
            }
            own += 1;
        }
        let (rows, others) = rest.split_at(own);
        rest = others;
        histories.push(history(version, rows));
    }
    Ok(histories)
}

fn history(version: &StreamVersion, rows: &[PgRow]) -> Result<Vec<StoredEvent>, LogError> {
    let undecodable = |error: sqlx::Error| missing(version, version.sequence, &error.to_string());
    if !flag(rows, "present").map_err(undecodable)? {
        let reason = "the log ends before this event, which was seen before";
        return Err(missing(version, version.sequence, reason));
    }
    let events = events(rows).map_err(|failure| failure.about(&version.stream.to_string()))?;
    for (event, expected) in events.iter().zip(version.sequence.saturating_add(1)..) {
        if event.sequence != expected {
            return Err(missing(version, expected, "the event is missing"));
        }
    }
    Ok(events)
}

fn missing(version: &StreamVersion, sequence: u64, reason: &str) -> LogError {
    LogError::Corrupt {
        stream: version.stream.to_string(),
        sequence,
        reason: reason.to_owned(),
    }
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
