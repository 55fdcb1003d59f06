//! A log made of events that were exported: with their positions, their transactions and their
//! times, so that it is the same log.

use gage_application::ports::replay::EventRow;
use sqlx::{PgPool, Postgres, Transaction};
use thiserror::Error;

use super::migration::{self, MigrationError};

/// Why a log was not made. Nothing was written.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// There are events already.
    #[error("the event log is not empty: import into a database that was just migrated")]
    NotEmpty,
    /// The database is away, or refuses what is written.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The log's offset cannot be settled.
    #[error(transparent)]
    Offset(#[from] MigrationError),
}

/// A log that is being made, all or nothing.
pub struct Restore {
    transaction: Transaction<'static, Postgres>,
}

impl Restore {
    /// Begins, in a database that was migrated and has no events.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub async fn begin(pool: &PgPool) -> Result<Self, RestoreError> {
        let mut transaction = pool.begin().await?;
        // Against a server that writes the first event meanwhile.
        sqlx::query("LOCK TABLE events IN EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        let empty: bool = sqlx::query_scalar("SELECT NOT EXISTS (SELECT FROM events)")
            .fetch_one(&mut *transaction)
            .await?;
        if empty {
            Ok(Self { transaction })
        } else {
            Err(RestoreError::NotEmpty)
        }
    }

    /// Writes events, as they are.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub async fn write(&mut self, events: &[EventRow]) -> Result<(), RestoreError> {
        let column = |value: fn(&EventRow) -> &str| events.iter().map(value).collect::<Vec<_>>();
        let xact_ids: Vec<i64> = events.iter().map(|event| event.position.xact_id).collect();
        let positions: Vec<i64> = events.iter().map(|event| event.position.position).collect();
        let sequences: Vec<i64> = events
            .iter()
            .map(|event| i64::try_from(event.sequence).unwrap_or(i64::MAX))
            .collect();
        let times: Vec<_> = events.iter().map(|event| event.recorded_at).collect();
        sqlx::query(
            "INSERT INTO events (xact_id, position, aggregate_type, aggregate_id, sequence, \
             event_type, event_version, payload, metadata, recorded_at) OVERRIDING SYSTEM VALUE \
             SELECT xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload::jsonb, metadata::jsonb, recorded_at \
             FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], \
             $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[]) \
             AS e (xact_id, position, aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata, recorded_at)",
        )
        .bind(xact_ids)
        .bind(positions)
        .bind(column(|event| &event.aggregate_type))
        .bind(column(|event| &event.aggregate_id))
        .bind(sequences)
        .bind(column(|event| &event.event_type))
        .bind(column(|event| &event.event_version))
        .bind(column(|event| &event.payload))
        .bind(column(|event| &event.metadata))
        .bind(times)
        .execute(&mut *self.transaction)
        .await?;
        Ok(())
    }

    /// Ends it: new events come after these, and readers see them all.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub async fn finish(mut self, pool: &PgPool) -> Result<(), RestoreError> {
        sqlx::query(
            "SELECT setval(pg_get_serial_sequence('events', 'position'), max(position)) \
             FROM events HAVING count(*) > 0",
        )
        .execute(&mut *self.transaction)
        .await?;
        self.transaction.commit().await?;
        // The events may have transaction ids that this cluster has not reached.
        migration::migrate(pool).await?;
        Ok(())
    }
}
