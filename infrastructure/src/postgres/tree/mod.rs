//! The Merkle tree over the event log, in the tables `tree_head`, `tree_tiles`, `tree_leaves` and
//! `tree_checkpoints`.

mod checkpoints;
mod events;
mod grow;
mod leaves;
mod nodes;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use gage_application::{
    event::StreamName,
    ports::{
        clock::Entropy,
        history_tree::{Grown, HistoryTree, KeptLeaf, KeptTree, PrintedEvent, TreeError},
    },
    position::LogPosition,
};
use gage_domain::{
    proof::{TileId, Tiles, TreeQuestion, consistency, inclusion},
    value::B256,
};
use sqlx::PgPool;

use super::failure;

pub use checkpoints::PostgresCheckpointStore;

/// The tree in the pool's database, which must be migrated.
#[derive(Clone)]
pub struct PostgresTree {
    pool: PgPool,
    /// Where salts come from.
    entropy: Arc<dyn Entropy>,
}

impl PostgresTree {
    /// The tree in the pool's database.
    pub fn new(pool: PgPool, entropy: Arc<dyn Entropy>) -> Self {
        Self { pool, entropy }
    }
}

#[async_trait]
impl HistoryTree for PostgresTree {
    async fn kept(&self) -> Result<KeptTree, TreeError> {
        nodes::kept(&self.pool).await
    }

    async fn grow(&self, from: LogPosition, to: LogPosition) -> Result<Grown, TreeError> {
        grow::grow(&self.pool, self.entropy.as_ref(), from, to).await
    }

    async fn events_of(&self, streams: &[StreamName]) -> Result<Vec<PrintedEvent>, TreeError> {
        events::of_streams(&self.pool, streams).await
    }

    async fn event(
        &self,
        stream: &StreamName,
        sequence: u64,
    ) -> Result<Option<PrintedEvent>, TreeError> {
        events::one(&self.pool, stream, sequence).await
    }

    async fn leaves_of(&self, events: &[LogPosition]) -> Result<Vec<Option<KeptLeaf>>, TreeError> {
        leaves::of_events(&self.pool, events).await
    }

    async fn leaves_from(&self, index: u64, limit: u32) -> Result<Vec<KeptLeaf>, TreeError> {
        leaves::from(&self.pool, index, limit).await
    }

    async fn tiles(&self, wanted: &[TileId]) -> Result<Tiles, TreeError> {
        nodes::tiles(&self.pool, wanted).await
    }

    async fn inclusions(&self, size: u64, indexes: &[u64]) -> Result<Vec<Vec<B256>>, TreeError> {
        let mut asked = BTreeSet::new();
        for &index in indexes {
            asked.extend(TreeQuestion::Inclusion { size, index }.tiles()?);
        }
        let asked: Vec<TileId> = asked.into_iter().collect();
        let tiles = nodes::tiles(&self.pool, &asked).await?;
        let proofs = indexes.iter().map(|&index| inclusion(size, index, &tiles));
        Ok(proofs.collect::<Result<_, _>>()?)
    }

    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<B256>, TreeError> {
        let asked = TreeQuestion::Consistency { old, new }.tiles()?;
        let tiles = nodes::tiles(&self.pool, &asked).await?;
        Ok(consistency(old, new, &tiles)?)
    }
}

fn unavailable(error: &sqlx::Error) -> TreeError {
    match error {
        // A column that is not what the migration made it.
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => damaged(error.to_string()),
        _ => failure::of_store(error).into(),
    }
}

fn damaged(reason: String) -> TreeError {
    TreeError::Damaged { reason }
}

/// A number of the tree in a column, and back. No tree has 2^63 leaves.
fn column(number: u64) -> Result<i64, TreeError> {
    i64::try_from(number).map_err(|error| damaged(error.to_string()))
}

fn counted(number: i64) -> Result<u64, TreeError> {
    u64::try_from(number).map_err(|error| damaged(error.to_string()))
}
