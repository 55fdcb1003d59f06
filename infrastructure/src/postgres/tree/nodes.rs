//! The tree's head and its tiles.

use gage_application::ports::history_tree::{KeptTree, TreeError};
use gage_application::position::LogPosition;
use gage_domain::{
    proof::{TileId, Tiles, TreeHead},
    value::B256,
};
use sqlx::PgPool;

use super::{column, counted, damaged, unavailable};

/// See [`gage_application::ports::history_tree::HistoryTree::kept`].
pub(super) async fn kept(pool: &PgPool) -> Result<KeptTree, TreeError> {
    let row: Option<(i64, Vec<u8>, i64, i64)> =
        sqlx::query_as("SELECT size, root, xact_id, position FROM tree_head")
            .fetch_optional(pool)
            .await
            .map_err(|error| unavailable(&error))?;
    let (size, root, xact_id, position) =
        row.ok_or_else(|| damaged("the row of tree_head is missing".to_owned()))?;
    Ok(KeptTree {
        head: TreeHead {
            size: counted(size)?,
            root: hash(&root)?,
        },
        position: LogPosition { xact_id, position },
    })
}

/// Some tiles; those that are not there are left out, and whoever needs them says so.
pub(super) async fn tiles(pool: &PgPool, wanted: &[TileId]) -> Result<Tiles, TreeError> {
    let mut tiles = Tiles::default();
    if wanted.is_empty() {
        return Ok(tiles);
    }
    let levels: Vec<i16> = wanted.iter().map(|id| i16::from(id.level)).collect();
    let numbers = wanted.iter().map(|id| column(id.number));
    let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
    let rows: Vec<(i16, i64, Vec<u8>)> = sqlx::query_as(
        "SELECT level, number, hashes
           FROM unnest($1::smallint[], $2::bigint[]) AS asked (level, number)
           JOIN tree_tiles USING (level, number)",
    )
    .bind(levels)
    .bind(numbers)
    .fetch_all(pool)
    .await
    .map_err(|error| unavailable(&error))?;
    for (level, number, hashes) in rows {
        let id = TileId {
            level: u8::try_from(level).map_err(|error| damaged(error.to_string()))?,
            number: counted(number)?,
        };
        let inserted = tiles.insert(id, &hashes);
        inserted.map_err(|error| damaged(error.to_string()))?;
    }
    Ok(tiles)
}

pub(super) fn hash(bytes: &[u8]) -> Result<B256, TreeError> {
    B256::try_from(bytes).map_err(|_| damaged(format!("a hash of {} bytes", bytes.len())))
}
