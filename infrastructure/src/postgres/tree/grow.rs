//! Adding a stretch of the log to the tree.
//!
//! Reading and hashing come first, outside of any transaction: one that holds an id keeps all
//! readers of the log waiting. What is written then is a few rows for thousands of events.

use std::collections::BTreeMap;

use gage_application::{
    ports::{
        clock::Entropy,
        history_tree::{Grown, KeptTree, PrintedEvent, TreeError},
    },
    position::LogPosition,
};
use gage_domain::{
    proof::{Growth, Salt, TILE_WIDTH, TreeHead, leaf_hash},
    value::B256,
};
use sqlx::{PgPool, Postgres, Transaction};

use super::{column, damaged, events, leaves::pack, nodes, unavailable};

/// See [`gage_application::ports::history_tree::HistoryTree::grow`].
pub(super) async fn grow(
    pool: &PgPool,
    entropy: &dyn Entropy,
    from: LogPosition,
    to: LogPosition,
) -> Result<Grown, TreeError> {
    let kept = nodes::kept(pool).await?;
    if kept.position != from {
        return Ok(Grown::Superseded);
    }
    let events = events::between(pool, from, to).await?;
    if events.last().map(|last| last.position) != Some(to) {
        return Err(damaged(format!("the log has no event at {to} any more")));
    }
    let edge = nodes::tiles(pool, &Growth::edge(kept.head.size)).await?;
    let mut growth = match Growth::resume(kept.head, edge) {
        Ok(growth) => growth,
        // Another replica may have moved on between the two looks.
        Err(error) if nodes::kept(pool).await? == kept => return Err(damaged(error.to_string())),
        Err(_) => return Ok(Grown::Superseded),
    };
    let rows = add(&mut growth, &events, entropy);
    write(pool, &kept, to, &growth, &rows).await
}

/// What a row of `tree_leaves` gets more.
struct NewLeaves {
    first: LogPosition,
    positions: Vec<u8>,
    salts: Vec<u8>,
}

/// Adds the leaves, each with a salt of its own; says what to remember of them, by row.
fn add(
    growth: &mut Growth,
    events: &[PrintedEvent],
    entropy: &dyn Entropy,
) -> BTreeMap<u64, NewLeaves> {
    let mut rows = BTreeMap::new();
    for event in events {
        let salt = Salt(B256::from(entropy.secret()));
        let row = rows
            .entry(growth.size() / TILE_WIDTH as u64)
            .or_insert_with(|| NewLeaves {
                first: event.position,
                positions: Vec::new(),
                salts: Vec::new(),
            });
        row.positions.extend_from_slice(&pack(event.position));
        row.salts.extend_from_slice(salt.0.as_slice());
        growth.append(leaf_hash(&event.leaf(), &salt));
    }
    rows
}

async fn write(
    pool: &PgPool,
    kept: &KeptTree,
    to: LogPosition,
    growth: &Growth,
    rows: &BTreeMap<u64, NewLeaves>,
) -> Result<Grown, TreeError> {
    let failed = |error: sqlx::Error| unavailable(&error);
    let mut transaction = pool.begin().await.map_err(failed)?;
    let TreeHead { size, root } = growth.head();
    let moved = sqlx::query(
        "UPDATE tree_head SET size = $1, root = $2, xact_id = $3, position = $4,
                moved_at = clock_timestamp()
          WHERE size = $5 AND root = $6 AND (xact_id, position) = ($7, $8)",
    )
    .bind(column(size)?)
    .bind(root.as_slice())
    .bind(to.xact_id)
    .bind(to.position)
    .bind(column(kept.head.size)?)
    .bind(kept.head.root.as_slice())
    .bind(kept.position.xact_id)
    .bind(kept.position.position)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    if moved.rows_affected() == 0 {
        transaction.rollback().await.map_err(failed)?;
        return Ok(Grown::Superseded);
    }
    write_tiles(&mut transaction, growth).await?;
    write_leaves(&mut transaction, rows).await?;
    transaction.commit().await.map_err(failed)?;
    Ok(Grown::Added)
}

async fn write_tiles(
    transaction: &mut Transaction<'_, Postgres>,
    growth: &Growth,
) -> Result<(), TreeError> {
    let (mut levels, mut numbers, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (id, bytes) in growth.tiles().stored() {
        levels.push(i16::from(id.level));
        numbers.push(column(id.number)?);
        hashes.push(bytes);
    }
    sqlx::query(
        "INSERT INTO tree_tiles (level, number, hashes)
         SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
         ON CONFLICT ON CONSTRAINT tree_tiles_pkey DO UPDATE SET hashes = excluded.hashes",
    )
    .bind(levels)
    .bind(numbers)
    .bind(hashes)
    .execute(&mut **transaction)
    .await
    .map_err(|error| unavailable(&error))?;
    Ok(())
}

/// A row that is not full gets longer: the head's move has made sure that it ends where these
/// leaves begin.
async fn write_leaves(
    transaction: &mut Transaction<'_, Postgres>,
    rows: &BTreeMap<u64, NewLeaves>,
) -> Result<(), TreeError> {
    let numbers = rows.keys().map(|number| column(*number));
    let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
    let rows = || rows.values();
    let xact_ids: Vec<i64> = rows().map(|row| row.first.xact_id).collect();
    let firsts: Vec<i64> = rows().map(|row| row.first.position).collect();
    let positions: Vec<&[u8]> = rows().map(|row| &*row.positions).collect();
    let salts: Vec<&[u8]> = rows().map(|row| &*row.salts).collect();
    sqlx::query(
        "INSERT INTO tree_leaves AS kept (number, first_xact_id, first_position, positions, salts)
         SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[])
         ON CONFLICT ON CONSTRAINT tree_leaves_pkey DO UPDATE
            SET positions = kept.positions || excluded.positions,
                salts = kept.salts || excluded.salts",
    )
    .bind(numbers)
    .bind(xact_ids)
    .bind(firsts)
    .bind(positions)
    .bind(salts)
    .execute(&mut **transaction)
    .await
    .map_err(|error| unavailable(&error))?;
    Ok(())
}
