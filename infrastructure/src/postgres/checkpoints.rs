//! How far consumers without rows of their own have come.

use async_trait::async_trait;
use gage_application::{
    ports::{StoreUnavailable, checkpoint::Checkpoints},
    position::LogPosition,
};
use sqlx::PgPool;

use super::{failure, rows::PositionRow};

/// Checkpoints in the table `checkpoints`.
#[derive(Debug, Clone)]
pub struct PostgresCheckpoints {
    pool: PgPool,
}

impl PostgresCheckpoints {
    /// Checkpoints in the pool's database, which must be migrated.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Checkpoints for PostgresCheckpoints {
    async fn load(&self, consumer: &str) -> Result<LogPosition, StoreUnavailable> {
        let row: Option<PositionRow> =
            sqlx::query_as("SELECT xact_id, position FROM checkpoints WHERE consumer = $1")
                .bind(consumer)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| failure::of_store(&error))?;
        Ok(row.map_or(LogPosition::START, LogPosition::from))
    }

    async fn advance(
        &self,
        consumer: &str,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<bool, StoreUnavailable> {
        // A consumer that never ran has no row, and stands at the start.
        let moved = sqlx::query(
            "INSERT INTO checkpoints AS kept (consumer, xact_id, position)
             SELECT $1, $4, $5
              WHERE ($2, $3) = (0, 0) OR EXISTS (SELECT FROM checkpoints WHERE consumer = $1)
             ON CONFLICT ON CONSTRAINT checkpoints_pkey DO UPDATE
                SET xact_id = excluded.xact_id, position = excluded.position,
                    moved_at = clock_timestamp()
              WHERE (kept.xact_id, kept.position) = ($2, $3)",
        )
        .bind(consumer)
        .bind(from.xact_id)
        .bind(from.position)
        .bind(to.xact_id)
        .bind(to.position)
        .execute(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(moved.rows_affected() == 1)
    }
}
