//! The event log's port.

use async_trait::async_trait;
use gage_application::{
    event::StoredEvent,
    ports::event_log::{
        Append, AppendError, EarlierRequest, EventLog, IdempotencyKey, Incarnation, LogError,
        LogState, Page, StreamVersion,
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
    async fn load_many(
        &self,
        wanted: &[StreamVersion],
    ) -> Result<Vec<Result<Vec<StoredEvent>, LogError>>, LogError> {
        reader::load_many(&self.pool, wanted).await
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

    async fn earlier_requests(
        &self,
        keys: &[IdempotencyKey],
    ) -> Result<Vec<Option<EarlierRequest>>, LogError> {
        let principals: Vec<&str> = keys.iter().map(|key| &*key.principal).collect();
        let names: Vec<&str> = keys.iter().map(|key| &*key.key).collect();
        let rows: Vec<RequestRow> = sqlx::query_as(EARLIER)
            .bind(principals)
            .bind(names)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failure::of_read(&error))?;
        let mut found = vec![None; keys.len()];
        for row in rows {
            let asked = usize::try_from(row.asked - 1).unwrap_or(usize::MAX);
            if let (Some(key), Some(found)) = (keys.get(asked), found.get_mut(asked)) {
                *found = Some(row.into_request(key)?);
            }
        }
        Ok(found)
    }

    async fn incarnation(&self) -> Result<Incarnation, LogError> {
        sqlx::query_scalar("SELECT server_incarnation()")
            .fetch_one(&self.pool)
            .await
            .map(Incarnation)
            .map_err(|error| failure::of_read(&error))
    }

    async fn state(&self) -> Result<LogState, LogError> {
        reader::state(&self.pool).await
    }
}

/// Rows of `idempotency_keys`, each with the number of its question. LATERAL with a limit: one
/// look into the index for each key, however many the planner expects.
const EARLIER: &str = "
SELECT asked.number AS asked, k.request_hash, k.output, k.xact_id, k.position
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (principal, key, number)
 CROSS JOIN LATERAL (
        SELECT request_hash, output, xact_id, position
          FROM idempotency_keys
         WHERE principal = asked.principal AND key = asked.key
         LIMIT 1) AS k";

/// A row of `idempotency_keys`.
#[derive(FromRow)]
struct RequestRow {
    asked: i64,
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
