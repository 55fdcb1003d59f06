//! What is on record of the chain, for whoever compares it with the chain itself.

use async_trait::async_trait;
use gage_application::{
    ports::{
        StoreUnavailable,
        chain::{Sighting, SightingStatus},
        chain_record::{ChainRecord, Settled},
    },
    position::LogPosition,
};
use gage_domain::payment::LogRef;
use sqlx::FromRow;

use super::{
    BlockRow, ChainStoreError, PostgresChainStore, SightingRow, stored_status, unavailable,
};

/// The cursor, and the newest event in the same snapshot: everything that was settled up to the
/// cursor stands at or before it.
const SETTLED: &str = "
SELECT c.block_number, c.block_hash, coalesce(e.xact_id, 0) AS xact_id,
       coalesce(e.position, 0) AS position
  FROM chain_cursor c
  LEFT JOIN LATERAL (
        SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1) AS e
    ON true
 WHERE c.chain_id = $1 AND c.escrow = $2";

/// The status stands in the statement: of those few that there are indexes for, PostgreSQL then
/// knows that they serve.
fn listing(status: SightingStatus) -> String {
    let status = stored_status(status);
    format!(
        "SELECT observation, status, reason FROM chain_sightings \
         WHERE chain_id = $1 AND escrow = $2 AND status = '{status}' \
         AND (block_number, log_index, block_hash) > ($3, $4, $5) \
         ORDER BY block_number, log_index, block_hash LIMIT $6"
    )
}

#[async_trait]
impl ChainRecord for PostgresChainStore {
    async fn settled(&self) -> Result<Option<Settled>, StoreUnavailable> {
        Ok(self.settled_row().await?)
    }

    async fn sighting(&self, log: LogRef) -> Result<Option<Sighting>, StoreUnavailable> {
        Ok(self.sighting(log).await?)
    }

    async fn sightings_after(
        &self,
        status: SightingStatus,
        after: Option<&Sighting>,
        limit: u32,
    ) -> Result<Vec<Sighting>, StoreUnavailable> {
        Ok(self.listed(status, after, limit).await?)
    }
}

impl PostgresChainStore {
    async fn settled_row(&self) -> Result<Option<Settled>, ChainStoreError> {
        let row: Option<SettledRow> = sqlx::query_as(SETTLED)
            .bind(self.chain()?)
            .bind(self.escrow.as_slice())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        row.map(|row| {
            Ok(Settled {
                block: self.block_of("chain_cursor", &row.block)?,
                events: LogPosition {
                    xact_id: row.xact_id,
                    position: row.position,
                },
            })
        })
        .transpose()
    }

    async fn listed(
        &self,
        status: SightingStatus,
        after: Option<&Sighting>,
        limit: u32,
    ) -> Result<Vec<Sighting>, ChainStoreError> {
        let number = |column, number| self.column("chain_sightings", column, number);
        let (block, index, hash) = match after.map(|sighting| sighting.observation.log) {
            None => (-1, -1, Vec::new()),
            Some(log) => (
                number("block_number", log.block_number)?,
                number("log_index", log.log_index)?,
                log.block_hash.to_vec(),
            ),
        };
        let sql = listing(status);
        let rows: Vec<SightingRow> = sqlx::query_as(&sql)
            .bind(self.chain()?)
            .bind(self.escrow.as_slice())
            .bind(block)
            .bind(index)
            .bind(hash)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        rows.into_iter().map(|row| self.sighting_of(row)).collect()
    }
}

/// Nothing here can go on with a row that cannot be read; the reason says which.
impl From<ChainStoreError> for StoreUnavailable {
    fn from(error: ChainStoreError) -> Self {
        match error {
            ChainStoreError::Unavailable(away) => away,
            corrupt @ ChainStoreError::Corrupt { .. } => Self {
                store: "PostgreSQL",
                reason: corrupt.to_string(),
            },
        }
    }
}

#[derive(FromRow)]
struct SettledRow {
    #[sqlx(flatten)]
    block: BlockRow,
    xact_id: i64,
    position: i64,
}
