//! How far the chain was followed, and what was seen on it.
//!
//! Reading happens here. Writing happens in appends to the event log
//! ([`gage_application::ports::chain::CursorMove`]), in the transaction of the events that the
//! sightings led to; only the very first position of a cursor is set here.

mod record;

use gage_application::ports::{
    StoreUnavailable,
    chain::{BlockRef, Observation, Sighting, SightingStatus},
};
use gage_domain::{
    payment::LogRef,
    value::{Address, B256},
};
use serde_json::Value;
use sqlx::{FromRow, PgPool};
use thiserror::Error;

use super::failure;

/// Blocks that the ring of known hashes keeps: a deeper reorganisation halts the listener.
pub const RING_BLOCKS: i64 = 256;

/// Where the listener of one escrow on one chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainCursor {
    /// The hash of the chain's first block: another one is another chain.
    pub genesis_hash: B256,
    /// The last block that was read.
    pub block: BlockRef,
}

/// Why the store gives no answer.
#[derive(Debug, Error)]
pub enum ChainStoreError {
    /// The database is away. Try later.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
    /// A row holds what nobody of us writes. Needs the operator.
    #[error("table {table}, column {column}, key {key}: {reason}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        key: String,
        /// What is wrong.
        reason: String,
    },
}

/// Cursor, ring and sightings of one escrow on one chain.
#[derive(Debug, Clone)]
pub struct PostgresChainStore {
    pool: PgPool,
    chain_id: u64,
    escrow: Address,
}

impl PostgresChainStore {
    /// The store in the pool's database, which must be migrated.
    pub fn new(pool: PgPool, chain_id: u64, escrow: Address) -> Self {
        Self {
            pool,
            chain_id,
            escrow,
        }
    }

    /// The cursor, if the chain was ever followed.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn cursor(&self) -> Result<Option<ChainCursor>, ChainStoreError> {
        let row: Option<CursorRow> = sqlx::query_as(
            "SELECT genesis_hash, block_number, block_hash FROM chain_cursor
              WHERE chain_id = $1 AND escrow = $2",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        row.map(|row| self.cursor_of(&row)).transpose()
    }

    /// Sets the cursor's first position, unless it has one; says where it stands now.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn begin(&self, start: ChainCursor) -> Result<ChainCursor, ChainStoreError> {
        sqlx::query(
            "WITH begun AS (
                 INSERT INTO chain_cursor (chain_id, escrow, genesis_hash, block_number, block_hash)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT ON CONSTRAINT chain_cursor_pkey DO NOTHING
                 RETURNING chain_id, escrow, block_number, block_hash)
             INSERT INTO chain_blocks (chain_id, escrow, block_number, block_hash)
             SELECT chain_id, escrow, block_number, block_hash FROM begun",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .bind(start.genesis_hash.as_slice())
        .bind(self.column("chain_cursor", "block_number", start.block.number)?)
        .bind(start.block.hash.as_slice())
        .execute(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        self.cursor().await?.ok_or_else(|| {
            let reason = "the cursor is gone right after it was set".to_owned();
            failure::unavailable(reason).into()
        })
    }

    /// The newest known blocks, at most [`RING_BLOCKS`], newest first.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn ring(&self) -> Result<Vec<BlockRef>, ChainStoreError> {
        let rows: Vec<BlockRow> = sqlx::query_as(
            "SELECT block_number, block_hash FROM chain_blocks
              WHERE chain_id = $1 AND escrow = $2
              ORDER BY block_number DESC LIMIT $3",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .bind(RING_BLOCKS)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        rows.iter()
            .map(|row| self.block_of("chain_blocks", row))
            .collect()
    }

    /// Sightings of a status, lowest block first, at most `limit`.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn sightings(
        &self,
        status: SightingStatus,
        limit: u32,
    ) -> Result<Vec<Sighting>, ChainStoreError> {
        let rows: Vec<SightingRow> = sqlx::query_as(
            "SELECT observation, status, reason FROM chain_sightings
              WHERE chain_id = $1 AND escrow = $2 AND status = $3
              ORDER BY block_number, log_index LIMIT $4",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .bind(stored_status(status))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        rows.into_iter().map(|row| self.sighting_of(row)).collect()
    }

    /// All sightings in blocks above a height, whatever their status, lowest block first: what
    /// a reorganisation down to that height may concern. Bounded by the ring's depth.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn sightings_above(&self, height: u64) -> Result<Vec<Sighting>, ChainStoreError> {
        let rows: Vec<SightingRow> = sqlx::query_as(
            "SELECT observation, status, reason FROM chain_sightings
              WHERE chain_id = $1 AND escrow = $2 AND block_number > $3
              ORDER BY block_number, log_index",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .bind(self.column("chain_sightings", "block_number", height)?)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        rows.into_iter().map(|row| self.sighting_of(row)).collect()
    }

    /// What is known of one log.
    ///
    /// # Errors
    /// [`ChainStoreError`].
    pub async fn sighting(&self, log: LogRef) -> Result<Option<Sighting>, ChainStoreError> {
        let row: Option<SightingRow> = sqlx::query_as(
            "SELECT observation, status, reason FROM chain_sightings
              WHERE chain_id = $1 AND escrow = $2
                AND block_number = $3 AND log_index = $4 AND block_hash = $5",
        )
        .bind(self.chain()?)
        .bind(self.escrow.as_slice())
        .bind(self.column("chain_sightings", "block_number", log.block_number)?)
        .bind(self.column("chain_sightings", "log_index", log.log_index)?)
        .bind(log.block_hash.as_slice())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| unavailable(&error))?;
        row.map(|row| self.sighting_of(row)).transpose()
    }

    fn chain(&self) -> Result<i64, ChainStoreError> {
        self.column("chain_cursor", "chain_id", self.chain_id)
    }

    fn column(
        &self,
        table: &'static str,
        column: &'static str,
        number: u64,
    ) -> Result<i64, ChainStoreError> {
        i64::try_from(number).map_err(|error| self.corrupt(table, column, error.to_string()))
    }

    fn corrupt(
        &self,
        table: &'static str,
        column: &'static str,
        reason: String,
    ) -> ChainStoreError {
        let key = format!("chain {}, escrow {}", self.chain_id, self.escrow);
        ChainStoreError::Corrupt {
            table,
            column,
            key,
            reason,
        }
    }

    fn cursor_of(&self, row: &CursorRow) -> Result<ChainCursor, ChainStoreError> {
        let genesis_hash = B256::try_from(&*row.genesis_hash)
            .map_err(|error| self.corrupt("chain_cursor", "genesis_hash", error.to_string()))?;
        Ok(ChainCursor {
            genesis_hash,
            block: self.block_of("chain_cursor", &row.block)?,
        })
    }

    fn block_of(&self, table: &'static str, row: &BlockRow) -> Result<BlockRef, ChainStoreError> {
        let number = u64::try_from(row.block_number)
            .map_err(|error| self.corrupt(table, "block_number", error.to_string()))?;
        let hash = B256::try_from(&*row.block_hash)
            .map_err(|error| self.corrupt(table, "block_hash", error.to_string()))?;
        Ok(BlockRef { number, hash })
    }

    fn sighting_of(&self, row: SightingRow) -> Result<Sighting, ChainStoreError> {
        let status = status_of(&row.status)
            .ok_or_else(|| self.corrupt("chain_sightings", "status", row.status.clone()))?;
        let observation: Observation = serde_json::from_value(row.observation)
            .map_err(|error| self.corrupt("chain_sightings", "observation", error.to_string()))?;
        Ok(Sighting {
            observation,
            status,
            reason: row.reason,
        })
    }
}

/// The status as the column has it.
pub(super) fn stored_status(status: SightingStatus) -> &'static str {
    match status {
        SightingStatus::Seen => "seen",
        SightingStatus::Confirmed => "confirmed",
        SightingStatus::Reverted => "reverted",
        SightingStatus::Unmatched => "unmatched",
    }
}

fn status_of(text: &str) -> Option<SightingStatus> {
    use SightingStatus::{Confirmed, Reverted, Seen, Unmatched};
    [Seen, Confirmed, Reverted, Unmatched]
        .into_iter()
        .find(|status| stored_status(*status) == text)
}

fn unavailable(error: &sqlx::Error) -> ChainStoreError {
    failure::of_store(error).into()
}

#[derive(FromRow)]
struct BlockRow {
    block_number: i64,
    block_hash: Vec<u8>,
}

#[derive(FromRow)]
struct CursorRow {
    genesis_hash: Vec<u8>,
    #[sqlx(flatten)]
    block: BlockRow,
}

#[derive(FromRow)]
struct SightingRow {
    observation: Value,
    status: String,
    reason: Option<String>,
}
