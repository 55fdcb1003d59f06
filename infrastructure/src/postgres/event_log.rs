//! The event log's port.

use async_trait::async_trait;
use gage_application::{
    event::{StoredEvent, StreamName},
    ports::event_log::{
        Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, LogError, LogState, Page,
    },
    position::LogPosition,
};
use postgres_es::PostgresEventRepository;
use serde_json::Value;
use sqlx::{FromRow, PgPool};

use super::{append, failure, read_after, reader};

/// The event log in PostgreSQL.
///
/// Also a `cqrs_es::persist::PersistedEventRepository` that wraps postgres-es's own, so that
/// cqrs-es's framework runs on the same log.
pub struct PostgresEventLog {
    pub(super) pool: PgPool,
    /// Reads streams for cqrs-es; never writes.
    pub(super) stock: PostgresEventRepository,
}

impl PostgresEventLog {
    /// The log in the pool's database, which must be migrated.
    pub fn new(pool: PgPool) -> Self {
        Self {
            stock: PostgresEventRepository::new(pool.clone()),
            pool,
        }
    }
}

#[async_trait]
impl EventLog for PostgresEventLog {
    async fn load(
        &self,
        stream: &StreamName,
        after_sequence: u64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        reader::load(&self.pool, stream, after_sequence).await
    }

    async fn append(&self, append: &Append) -> Result<LogPosition, AppendError> {
        append::append(&self.pool, append).await
    }

    async fn read_after(
        &self,
        after: LogPosition,
        limit: u32,
        without: &[&str],
    ) -> Result<Page, LogError> {
        read_after::read_after(&self.pool, after, limit, without).await
    }

    async fn earlier_request(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<EarlierRequest>, LogError> {
        let row: Option<RequestRow> = sqlx::query_as(
            "SELECT request_hash, output, xact_id, position
               FROM idempotency_keys WHERE principal = $1 AND key = $2",
        )
        .bind(&key.principal)
        .bind(&key.key)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_read(&error))?;
        row.map(|row| row.into_request(key)).transpose()
    }

    async fn state(&self) -> Result<LogState, LogError> {
        reader::state(&self.pool).await
    }
}

/// A row of `idempotency_keys`.
#[derive(FromRow)]
struct RequestRow {
    request_hash: Vec<u8>,
    output: Value,
    xact_id: i64,
    position: i64,
}

impl RequestRow {
    fn into_request(self, key: &IdempotencyKey) -> Result<EarlierRequest, LogError> {
        let request_hash = self
            .request_hash
            .try_into()
            .map_err(|_| LogError::Corrupt {
                stream: format!("idempotency_keys {}/{}", key.principal, key.key),
                sequence: 0,
                reason: "column request_hash: not 32 bytes".to_owned(),
            })?;
        let position = LogPosition {
            xact_id: self.xact_id,
            position: self.position,
        };
        Ok(EarlierRequest {
            request_hash,
            output: self.output,
            position,
        })
    }
}
