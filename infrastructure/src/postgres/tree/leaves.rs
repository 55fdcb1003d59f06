//! Which events the leaves are of. Rows hold 256 leaves, packed.

use std::collections::BTreeMap;

use gage_application::{
    ports::history_tree::{KeptLeaf, TreeError},
    position::LogPosition,
};
use gage_domain::proof::{Salt, TILE_WIDTH};
use sqlx::{FromRow, PgPool};

use super::{column, counted, damaged, nodes::hash, unavailable};

/// For each event the row that it must be in, if it is a leaf: the last that begins at or before.
const OF_EVENTS: &str = "
SELECT DISTINCT ON (leaves.number) leaves.number, leaves.positions, leaves.salts, tiles.hashes
  FROM unnest($1::bigint[], $2::bigint[]) AS asked (xact_id, position)
 CROSS JOIN LATERAL (
        SELECT number, positions, salts FROM tree_leaves
         WHERE (first_xact_id, first_position) <= (asked.xact_id, asked.position)
         ORDER BY first_xact_id DESC, first_position DESC
         LIMIT 1) AS leaves
  JOIN tree_tiles AS tiles ON tiles.level = 0 AND tiles.number = leaves.number";

const FROM: &str = "
SELECT leaves.number, leaves.positions, leaves.salts, tiles.hashes
  FROM tree_leaves AS leaves
  JOIN tree_tiles AS tiles ON tiles.level = 0 AND tiles.number = leaves.number
 WHERE leaves.number >= $1 AND leaves.number < $2
 ORDER BY leaves.number";

#[derive(FromRow)]
struct Row {
    number: i64,
    positions: Vec<u8>,
    salts: Vec<u8>,
    hashes: Vec<u8>,
}

/// See [`gage_application::ports::history_tree::HistoryTree::leaves_of`].
pub(super) async fn of_events(
    pool: &PgPool,
    events: &[LogPosition],
) -> Result<Vec<Option<KeptLeaf>>, TreeError> {
    let xact_ids: Vec<i64> = events.iter().map(|event| event.xact_id).collect();
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    let rows: Vec<Row> = sqlx::query_as(OF_EVENTS)
        .bind(xact_ids)
        .bind(positions)
        .fetch_all(pool)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut known = BTreeMap::new();
    for row in &rows {
        known.extend(unpack(row)?.into_iter().map(|leaf| (leaf.position, leaf)));
    }
    Ok(events.iter().map(|at| known.get(at).copied()).collect())
}

/// See [`gage_application::ports::history_tree::HistoryTree::leaves_from`].
pub(super) async fn from(
    pool: &PgPool,
    index: u64,
    limit: u32,
) -> Result<Vec<KeptLeaf>, TreeError> {
    let width = TILE_WIDTH as u64;
    let end = index.saturating_add(u64::from(limit));
    let rows: Vec<Row> = sqlx::query_as(FROM)
        .bind(column(index / width)?)
        .bind(column(end.div_ceil(width))?)
        .fetch_all(pool)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut leaves = Vec::new();
    for row in &rows {
        leaves.extend(unpack(row)?);
    }
    leaves.retain(|leaf| (index..end).contains(&leaf.index));
    let dense = leaves
        .iter()
        .zip(index..)
        .all(|(leaf, at)| leaf.index == at);
    if dense {
        Ok(leaves)
    } else {
        Err(damaged(format!("leaves after leaf {index} are missing")))
    }
}

/// 16 bytes a leaf, big-endian.
pub(super) fn pack(position: LogPosition) -> [u8; 16] {
    let mut packed = [0; 16];
    packed[..8].copy_from_slice(&position.xact_id.to_be_bytes());
    packed[8..].copy_from_slice(&position.position.to_be_bytes());
    packed
}

fn unpack(row: &Row) -> Result<Vec<KeptLeaf>, TreeError> {
    let first = counted(row.number)? * TILE_WIDTH as u64;
    let (positions, _) = row.positions.as_chunks::<8>();
    let leaves = row.salts.len() / 32;
    if positions.len() != leaves * 2 || row.hashes.len() != leaves * 32 {
        let number = row.number;
        return Err(damaged(format!(
            "row {number} of tree_leaves is not of its tile"
        )));
    }
    let positions = positions.chunks_exact(2);
    let secrets = row.salts.chunks_exact(32).zip(row.hashes.chunks_exact(32));
    (first..)
        .zip(positions.zip(secrets))
        .map(|(index, (position, (salt, leaf)))| {
            Ok(KeptLeaf {
                index,
                position: LogPosition {
                    xact_id: i64::from_be_bytes(position[0]),
                    position: i64::from_be_bytes(position[1]),
                },
                salt: Salt(hash(salt)?),
                hash: hash(leaf)?,
            })
        })
        .collect()
}
