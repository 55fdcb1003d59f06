//! The log as a cqrs-es repository, so that cqrs-es's framework and its tools run on it.

use cqrs_es::{
    Aggregate,
    persist::{
        PersistedEventRepository, PersistenceError, ReplayFeed, ReplayStream, SerializedEvent,
        SerializedSnapshot,
    },
};
use futures::TryStreamExt;
use gage_application::{
    ports::event_log::{AppendError, LogError, NewEvent},
    position::LogPosition,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use sqlx::{Either, Executor, FromRow, PgPool};
use thiserror::Error;

use super::{
    PostgresEventLog,
    append::{Row, append_rows},
    failure,
};

/// cqrs-es 0.5.0's snapshot and aggregate stores apply events twice, and at a snapshot's
/// boundary they lose some: whoever used them would decide on a wrong state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "cqrs-es's snapshot and aggregate stores corrupt the state: use PersistedEventStore::new_event_store"
)]
pub struct StockSnapshotsRefused;

/// Events that a replay may hold in memory before its reader takes them.
const REPLAY_BUFFER: usize = 200;

impl PersistedEventRepository for PostgresEventLog {
    async fn get_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let events = self.stock.get_events::<A>(aggregate_id).await?;
        dense(events, 0)
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let events = self
            .stock
            .get_last_events::<A>(aggregate_id, last_sequence)
            .await?;
        dense(events, last_sequence)
    }

    async fn get_snapshot<A: Aggregate>(
        &self,
        _aggregate_id: &str,
    ) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Err(refused())
    }

    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot_update: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        if snapshot_update.is_some() {
            return Err(refused());
        }
        let stored: Vec<(NewEvent, Box<RawValue>)> = events
            .iter()
            .map(|event| Ok((new_event(event)?, to_raw_value(&event.metadata)?)))
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|error| PersistenceError::DeserializationError(Box::new(error)))?;
        let rows: Vec<Row<'_>> = events
            .iter()
            .zip(&stored)
            .map(|(event, (new_event, metadata))| Row {
                aggregate_type: A::TYPE,
                aggregate_id: &event.aggregate_id,
                sequence: i64::try_from(event.sequence).unwrap_or(i64::MAX),
                event: new_event,
                metadata,
            })
            .collect();
        append_rows(
            &self.pool,
            &rows,
            &[],
            Vec::new(),
            None,
            LogPosition::START,
            None,
        )
        .await
        .map(|_| ())
        .map_err(persistence_error)
    }

    async fn stream_events<A: Aggregate>(
        &self,
        aggregate_id: &str,
    ) -> Result<ReplayStream, PersistenceError> {
        Ok(replay(
            self.pool.clone(),
            A::TYPE,
            Some(aggregate_id.to_owned()),
        ))
    }

    /// Stream by stream: within each in order, the streams by id.
    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        Ok(replay(self.pool.clone(), A::TYPE, None))
    }
}

fn new_event(event: &SerializedEvent) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        event_type: event.event_type.clone(),
        event_version: event.event_version.clone(),
        payload: to_raw_value(&event.payload)?,
    })
}

fn refused() -> PersistenceError {
    PersistenceError::UnknownError(Box::new(StockSnapshotsRefused))
}

fn persistence_error(error: AppendError) -> PersistenceError {
    match error {
        AppendError::Conflict => PersistenceError::OptimisticLockError,
        AppendError::Log(LogError::Unavailable { .. }) | AppendError::OutcomeUnknown { .. } => {
            PersistenceError::ConnectionError(Box::new(error))
        }
        AppendError::Log(LogError::Corrupt { .. })
        | AppendError::Refused { .. }
        | AppendError::KeyUsed
        | AppendError::CursorMoved
        | AppendError::OtherIncarnation => PersistenceError::UnknownError(Box::new(error)),
    }
}

fn log_error(error: LogError) -> PersistenceError {
    persistence_error(error.into())
}

/// The events, if none is missing after `last_sequence`.
fn dense(
    events: Vec<SerializedEvent>,
    last_sequence: usize,
) -> Result<Vec<SerializedEvent>, PersistenceError> {
    for (event, expected) in events.iter().zip(last_sequence.saturating_add(1)..) {
        if event.sequence != expected {
            return Err(missing(
                &event.aggregate_type,
                &event.aggregate_id,
                expected,
            ));
        }
    }
    Ok(events)
}

fn missing(aggregate_type: &str, aggregate_id: &str, sequence: usize) -> PersistenceError {
    log_error(LogError::Corrupt {
        stream: format!("{aggregate_type}:{aggregate_id}"),
        sequence: sequence as u64,
        reason: "the event is missing".to_owned(),
    })
}

/// Streams events of one aggregate, or of all of the type. Where postgres-es's own ends the
/// stream on a database error, as if there were no more events, this one says so.
fn replay(
    pool: PgPool,
    aggregate_type: &'static str,
    aggregate_id: Option<String>,
) -> ReplayStream {
    let (mut feed, stream) = ReplayStream::new(REPLAY_BUFFER);
    tokio::spawn(async move {
        if let Err(error) =
            push_all(&pool, aggregate_type, aggregate_id.as_deref(), &mut feed).await
        {
            // Fails only when the reader has gone, and then nobody misses the error.
            let _ = feed.push(Err(error)).await;
        }
    });
    stream
}

async fn push_all(
    pool: &PgPool,
    aggregate_type: &'static str,
    aggregate_id: Option<&str>,
    feed: &mut ReplayFeed,
) -> Result<(), PersistenceError> {
    // One text for both would keep the planner from using the primary key's second column.
    let sql = match aggregate_id {
        Some(_) => {
            "SELECT aggregate_id, sequence, event_type, event_version, payload, metadata
               FROM events WHERE aggregate_type = $1 AND aggregate_id = $2 ORDER BY sequence"
        }
        None => {
            "SELECT aggregate_id, sequence, event_type, event_version, payload, metadata
               FROM events WHERE aggregate_type = $1 ORDER BY aggregate_id, sequence"
        }
    };
    let mut query = sqlx::query(sql).bind(aggregate_type);
    if let Some(id) = aggregate_id {
        query = query.bind(id);
    }
    let mut answer = pool.fetch_many(query);
    let (mut pushed, mut counted) = (0_u64, None);
    let (mut id, mut sequence) = (String::new(), 0_usize);
    while let Some(item) = answer.try_next().await.map_err(database_error)? {
        let row = match item {
            Either::Right(row) => ReplayRow::from_row(&row).map_err(database_error)?,
            Either::Left(done) => {
                counted = Some(done.rows_affected());
                continue;
            }
        };
        if row.aggregate_id != id {
            (id, sequence) = (row.aggregate_id.clone(), 0);
        }
        sequence += 1;
        if usize::try_from(row.sequence) != Ok(sequence) {
            return Err(missing(aggregate_type, &id, sequence));
        }
        if feed
            .push(Ok(row.into_event(aggregate_type, sequence)))
            .await
            .is_err()
        {
            return Ok(());
        }
        pushed += 1;
    }
    if counted == Some(pushed) {
        return Ok(());
    }
    let reason = format!("the replay was cut short after {pushed} events");
    Err(log_error(LogError::Unavailable { reason }))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn database_error(error: sqlx::Error) -> PersistenceError {
    log_error(failure::of_read(&error))
}

#[derive(FromRow)]
struct ReplayRow {
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: Value,
    metadata: Value,
}

impl ReplayRow {
    fn into_event(self, aggregate_type: &str, sequence: usize) -> SerializedEvent {
        SerializedEvent {
            aggregate_id: self.aggregate_id,
            sequence,
            aggregate_type: aggregate_type.to_owned(),
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
        }
    }
}
