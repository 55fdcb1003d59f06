//! The append: one statement (`append.sql`), its arguments and what its answer means.

mod chain;

use std::collections::BTreeMap;

use gage_application::{
    event::StreamName,
    ports::{
        chain::CursorMove,
        event_log::{
            Append, AppendError, IdempotencyEntry, Incarnation, LogError, NewEvent, StreamAppend,
            StreamVersion,
        },
    },
    position::LogPosition,
};
use serde_json::value::RawValue;
use sqlx::{FromRow, PgPool, Postgres, postgres::PgArguments, query::QueryAs, types::Json};

use self::chain::{ChainColumns, bind_chain};
use super::{failure, rows::stored_metadata};

const APPEND: &str = include_str!("append.sql");

/// A new event in its place.
pub(super) struct Row<'a> {
    pub(super) aggregate_type: &'a str,
    pub(super) aggregate_id: &'a str,
    pub(super) sequence: i64,
    pub(super) event: &'a NewEvent,
    pub(super) metadata: &'a RawValue,
}

/// What the decisions on a stream are based on.
struct Basis<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    /// The last event that was seen.
    sequence: i64,
    /// Whether events are added.
    written: bool,
}

/// Writes everything of the application's append.
pub(super) async fn append(pool: &PgPool, append: &Append) -> Result<LogPosition, AppendError> {
    let metadata: Vec<Box<RawValue>> = append
        .decisions
        .iter()
        .map(|decision| stored_metadata(&decision.metadata))
        .collect::<Result<_, _>>()
        .map_err(|error| corrupt("events", 0, error.to_string()))?;
    let mut rows = Vec::new();
    for (decision, metadata) in append.decisions.iter().zip(&metadata) {
        for stream in &decision.streams {
            push_rows(&mut rows, stream, metadata)?;
        }
    }
    let keys = append
        .decisions
        .iter()
        .filter_map(|decision| decision.idempotency.as_ref())
        .collect();
    append_rows(
        pool,
        &rows,
        &append.unchanged,
        keys,
        append.cursor.as_ref(),
        append.seen,
        append.incarnation,
    )
    .await
}

fn push_rows<'a>(
    rows: &mut Vec<Row<'a>>,
    stream: &'a StreamAppend,
    metadata: &'a RawValue,
) -> Result<(), LogError> {
    let name = &stream.stream;
    let mut sequence = column_of(name, stream.expected_sequence)?;
    for event in &stream.events {
        sequence = sequence
            .checked_add(1)
            .ok_or_else(|| too_long(name, stream.expected_sequence))?;
        rows.push(Row {
            aggregate_type: &name.aggregate_type,
            aggregate_id: &name.aggregate_id,
            sequence,
            event,
            metadata,
        });
    }
    Ok(())
}

/// Writes events, keys and cursor in one statement.
pub(super) async fn append_rows(
    pool: &PgPool,
    rows: &[Row<'_>],
    unchanged: &[StreamVersion],
    mut keys: Vec<&IdempotencyEntry>,
    cursor: Option<&CursorMove>,
    seen: LogPosition,
    incarnation: Option<Incarnation>,
) -> Result<LogPosition, AppendError> {
    let chain = cursor
        .map(ChainColumns::of)
        .transpose()?
        .unwrap_or_default();
    // The order in which all appends take their locks.
    keys.sort_by_key(|entry| (&entry.key.principal, &entry.key.key));
    let query = sqlx::query_as::<_, Answer>(APPEND);
    let query = bind_events(query, rows);
    let query = bind_basis(query, &basis(rows, unchanged)?, seen);
    let query = bind_chain(bind_keys(query, &keys), chain);
    let query = query.bind(incarnation.map(|run| run.0));

    // Nothing was sent while there is no connection: that failure is no unknown outcome.
    let mut connection = pool
        .acquire()
        .await
        .map_err(|error| failure::of_read(&error))?;
    let answer = query
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| failure::of_append(&error))?;
    answer.verdict(cursor.is_some())
}

/// Each stream once, at the event before the first that is added.
fn basis<'a>(rows: &[Row<'a>], unchanged: &'a [StreamVersion]) -> Result<Vec<Basis<'a>>, LogError> {
    let mut first: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in rows {
        let name = (row.aggregate_type, row.aggregate_id);
        first.entry(name).or_insert(row.sequence - 1);
    }
    let mut basis: Vec<Basis<'_>> = first
        .into_iter()
        .map(|((aggregate_type, aggregate_id), sequence)| Basis {
            aggregate_type,
            aggregate_id,
            sequence,
            written: true,
        })
        .collect();
    for version in unchanged {
        basis.push(Basis {
            aggregate_type: &version.stream.aggregate_type,
            aggregate_id: &version.stream.aggregate_id,
            sequence: column_of(&version.stream, version.sequence)?,
            written: false,
        });
    }
    Ok(basis)
}

/// A sequence as a column holds it.
fn column_of(stream: &StreamName, sequence: u64) -> Result<i64, LogError> {
    i64::try_from(sequence).map_err(|_| too_long(stream, sequence))
}

fn too_long(stream: &StreamName, sequence: u64) -> LogError {
    corrupt(
        &stream.to_string(),
        sequence,
        "the stream is too long".to_owned(),
    )
}

/// What the statement answers.
#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
struct Answer {
    xact_id: i64,
    position: i64,
    displaced: bool,
    restarted: bool,
    grown: bool,
    moved: bool,
    // The stream whose last event that was seen is not there.
    aggregate_type: Option<String>,
    aggregate_id: Option<String>,
    sequence: Option<i64>,
}

impl Answer {
    fn verdict(self, moves_cursor: bool) -> Result<LogPosition, AppendError> {
        if self.displaced {
            return Err(failure::displaced().into());
        }
        if self.restarted {
            return Err(AppendError::OtherIncarnation);
        }
        if let (Some(aggregate_type), Some(aggregate_id)) = (self.aggregate_type, self.aggregate_id)
        {
            let stream = StreamName {
                aggregate_type,
                aggregate_id,
            };
            let sequence = self.sequence.unwrap_or_default().unsigned_abs();
            let reason = "the decision is based on an event that is not in the log".to_owned();
            return Err(corrupt(&stream.to_string(), sequence, reason).into());
        }
        if self.grown {
            return Err(AppendError::Conflict);
        }
        if moves_cursor && !self.moved {
            return Err(AppendError::CursorMoved);
        }
        Ok(LogPosition {
            xact_id: self.xact_id,
            position: self.position,
        })
    }
}

type AppendQuery<'q> = QueryAs<'q, Postgres, Answer, PgArguments>;

fn bind_events<'q>(query: AppendQuery<'q>, rows: &[Row<'q>]) -> AppendQuery<'q> {
    query
        .bind(column(rows, |row| row.aggregate_type))
        .bind(column(rows, |row| row.aggregate_id))
        .bind(column(rows, |row| row.sequence))
        .bind(column(rows, |row| &*row.event.event_type))
        .bind(column(rows, |row| &*row.event.event_version))
        .bind(column(rows, |row| Json(&*row.event.payload)))
        .bind(column(rows, |row| Json(row.metadata)))
        .bind(lock_order(rows))
}

/// Each row's place when rows are sorted by stream: the order in which all appends take their
/// locks.
fn lock_order(rows: &[Row<'_>]) -> Vec<i32> {
    let mut sorted: Vec<usize> = (0..rows.len()).collect();
    sorted.sort_by_key(|index| {
        rows.get(*index)
            .map(|row| (row.aggregate_type, row.aggregate_id, row.sequence))
    });
    let mut places = vec![0; rows.len()];
    for (place, index) in (0_i32..).zip(sorted) {
        if let Some(own) = places.get_mut(index) {
            *own = place;
        }
    }
    places
}

fn bind_basis<'q>(
    query: AppendQuery<'q>,
    basis: &[Basis<'q>],
    seen: LogPosition,
) -> AppendQuery<'q> {
    query
        .bind(column(basis, |stream| stream.aggregate_type))
        .bind(column(basis, |stream| stream.aggregate_id))
        .bind(column(basis, |stream| stream.sequence))
        .bind(column(basis, |stream| stream.written))
        .bind(seen.xact_id)
        .bind(seen.position)
}

fn bind_keys<'q>(query: AppendQuery<'q>, entries: &[&'q IdempotencyEntry]) -> AppendQuery<'q> {
    query
        .bind(column(entries, |entry| &*entry.key.principal))
        .bind(column(entries, |entry| &*entry.key.key))
        .bind(column(entries, |entry| &entry.request_hash[..]))
        .bind(column(entries, |entry| &entry.output))
}

fn column<'q, T, C>(rows: &[T], of: impl Fn(&T) -> C) -> Vec<C>
where
    C: 'q,
{
    rows.iter().map(of).collect()
}

fn corrupt(stream: &str, sequence: u64, reason: String) -> LogError {
    LogError::Corrupt {
        stream: stream.to_owned(),
        sequence,
        reason,
    }
}
