//! Checkpoints that were issued, in the table `tree_checkpoints`.

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    history_tree::{IssuedCheckpoint, IssuedCheckpoints},
};
use gage_domain::{
    proof::{SignedCheckpoint, TreeHead},
    value::B256,
};
use sqlx::{FromRow, PgPool};
use time::OffsetDateTime;

use crate::postgres::failure;

/// The checkpoints in the pool's database, which must be migrated.
#[derive(Debug, Clone)]
pub struct PostgresCheckpointStore {
    pool: PgPool,
}

impl PostgresCheckpointStore {
    /// The checkpoints in the pool's database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[derive(FromRow)]
struct Row {
    size: i64,
    root: Vec<u8>,
    note: String,
    key: String,
    issued_at: OffsetDateTime,
}

impl TryFrom<Row> for IssuedCheckpoint {
    type Error = StoreUnavailable;

    fn try_from(row: Row) -> Result<Self, StoreUnavailable> {
        let unreadable = |column: &str, error: &dyn std::error::Error| {
            failure::unavailable(format!("table tree_checkpoints, column {column}: {error}"))
        };
        let head = TreeHead {
            size: u64::try_from(row.size).map_err(|error| unreadable("size", &error))?,
            root: B256::try_from(&*row.root).map_err(|error| unreadable("root", &error))?,
        };
        Ok(Self {
            signed: SignedCheckpoint {
                head,
                note: row.note,
            },
            key: row.key,
            issued_at: row.issued_at,
        })
    }
}

#[async_trait]
impl IssuedCheckpoints for PostgresCheckpointStore {
    async fn latest(&self) -> Result<Option<IssuedCheckpoint>, StoreUnavailable> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT size, root, note, key, issued_at FROM tree_checkpoints
              ORDER BY size DESC LIMIT 1",
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        row.map(IssuedCheckpoint::try_from).transpose()
    }

    async fn of_size(&self, size: u64) -> Result<Option<IssuedCheckpoint>, StoreUnavailable> {
        // Larger than any that could have been kept.
        let Ok(size) = i64::try_from(size) else {
            return Ok(None);
        };
        let row: Option<Row> = sqlx::query_as(
            "SELECT size, root, note, key, issued_at FROM tree_checkpoints WHERE size = $1",
        )
        .bind(size)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        row.map(IssuedCheckpoint::try_from).transpose()
    }

    async fn after(
        &self,
        size: u64,
        limit: u32,
    ) -> Result<Vec<IssuedCheckpoint>, StoreUnavailable> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT size, root, note, key, issued_at FROM tree_checkpoints
              WHERE size > $1 ORDER BY size LIMIT $2",
        )
        .bind(i64::try_from(size).unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        rows.into_iter().map(IssuedCheckpoint::try_from).collect()
    }

    async fn keep(&self, checkpoint: &IssuedCheckpoint) -> Result<bool, StoreUnavailable> {
        let TreeHead { size, root } = checkpoint.signed.head;
        let size = i64::try_from(size)
            .map_err(|error| failure::unavailable(format!("a tree of {size} leaves: {error}")))?;
        let kept = sqlx::query(
            "INSERT INTO tree_checkpoints (size, root, note, key, issued_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT ON CONSTRAINT tree_checkpoints_pkey DO NOTHING",
        )
        .bind(size)
        .bind(root.as_slice())
        .bind(&checkpoint.signed.note)
        .bind(&checkpoint.key)
        .bind(checkpoint.issued_at)
        .execute(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(kept.rows_affected() == 1)
    }
}
