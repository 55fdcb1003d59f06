//! Snapshots of folded states: a cache that may be emptied at any time.

use async_trait::async_trait;
use gage_application::{
    event::StreamName,
    ports::{
        StoreUnavailable,
        snapshot::{Snapshot, Snapshots},
    },
    position::LogPosition,
};
use serde_json::Value;
use sqlx::{FromRow, PgPool};

use super::failure;

/// Snapshots in the table `state_snapshots`.
#[derive(Debug, Clone)]
pub struct PostgresSnapshots {
    pool: PgPool,
}

impl PostgresSnapshots {
    /// Snapshots in the pool's database, which must be migrated.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }
}

#[async_trait]
impl Snapshots for PostgresSnapshots {
    async fn latest_many(
        &self,
        wanted: &[(StreamName, i32)],
    ) -> Result<Vec<Option<Snapshot>>, StoreUnavailable> {
        let types: Vec<&str> = wanted
            .iter()
            .map(|(name, _)| &*name.aggregate_type)
            .collect();
        let ids: Vec<&str> = wanted.iter().map(|(name, _)| &*name.aggregate_id).collect();
        let versions: Vec<i32> = wanted.iter().map(|(_, version)| *version).collect();
        let rows: Vec<SnapshotRow> = sqlx::query_as(LATEST)
            .bind(types)
            .bind(ids)
            .bind(versions)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| failure::of_store(&error))?;
        let mut latest = vec![None; wanted.len()];
        for row in rows {
            let asked = usize::try_from(row.asked - 1).unwrap_or(usize::MAX);
            if let (Some((stream, version)), Some(latest)) =
                (wanted.get(asked), latest.get_mut(asked))
            {
                *latest = Some(row.into_snapshot(stream, *version)?);
            }
        }
        Ok(latest)
    }

    async fn save(&self, snapshot: &Snapshot) -> Result<(), StoreUnavailable> {
        let sequence = i64::try_from(snapshot.sequence)
            .map_err(|error| failure::unavailable(format!("state_snapshots: {error}")))?;
        // Two replicas may fold the same stream: whoever read less must not win.
        sqlx::query(
            "INSERT INTO state_snapshots AS kept
                    (aggregate_type, aggregate_id, state_version, sequence, xact_id, position, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT ON CONSTRAINT state_snapshots_pkey DO UPDATE
                SET sequence = excluded.sequence, xact_id = excluded.xact_id,
                    position = excluded.position, state = excluded.state,
                    saved_at = clock_timestamp()
              WHERE kept.sequence < excluded.sequence",
        )
        .bind(&snapshot.stream.aggregate_type)
        .bind(&snapshot.stream.aggregate_id)
        .bind(snapshot.state_version)
        .bind(sequence)
        .bind(snapshot.position.xact_id)
        .bind(snapshot.position.position)
        .bind(&snapshot.state)
        .execute(&self.pool)
        .await
        .map_err(|error| failure::of_store(&error))?;
        Ok(())
    }
}

/// Rows of `state_snapshots`, each with the number of its question. LATERAL with a limit: one
/// look into the index for each stream, however many the planner expects.
const LATEST: &str = "
SELECT asked.number AS asked, s.sequence, s.xact_id, s.position, s.state
  FROM unnest($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY
       AS asked (aggregate_type, aggregate_id, state_version, number)
 CROSS JOIN LATERAL (
        SELECT sequence, xact_id, position, state
          FROM state_snapshots
         WHERE aggregate_type = asked.aggregate_type AND aggregate_id = asked.aggregate_id
           AND state_version = asked.state_version
         LIMIT 1) AS s";

#[derive(FromRow)]
struct SnapshotRow {
    asked: i64,
    sequence: i64,
    xact_id: i64,
    position: i64,
    state: Value,
}

impl SnapshotRow {
    fn into_snapshot(
        self,
        stream: &StreamName,
        state_version: i32,
    ) -> Result<Snapshot, StoreUnavailable> {
        let sequence = u64::try_from(self.sequence).map_err(|error| {
            failure::unavailable(format!(
                "table state_snapshots, {stream}, column sequence: {error}"
            ))
        })?;
        Ok(Snapshot {
            stream: stream.clone(),
            sequence,
            position: LogPosition {
                xact_id: self.xact_id,
                position: self.position,
            },
            state_version,
            state: self.state,
        })
    }
}
