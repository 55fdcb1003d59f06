//! Writing events into a read model's tables: rows and checkpoint in one transaction.

use std::collections::BTreeSet;

use gage_application::{
    catch_up::{Consumed, ConsumerError},
    event::Recorded,
    ports::wake::Notice,
    position::LogPosition,
};
use sqlx::{Executor, PgConnection, PgPool};

use crate::projection::Projection;

/// How long a batch waits while the tables are swapped for rebuilt ones.
const SWAP_PATIENCE: &str = "10s";

/// Events that are written in one transaction. It has a transaction id, and as long as it is
/// open the readers of the log wait: so a backlog is taken in many short ones.
const TRANSACTION: usize = 50;

/// Which tables of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Those that queries read.
    Live,
    /// A copy that is being rebuilt beside them.
    Copy,
}

impl Tables {
    /// The schema they are in.
    pub(crate) fn schema<P: Projection>(self) -> String {
        match self {
            Self::Live => P::SCHEMA.to_owned(),
            Self::Copy => format!("{}_copy", P::SCHEMA),
        }
    }

    /// The column `live` of their row in `projections`.
    pub(crate) fn is_live(self) -> bool {
        self == Self::Live
    }

    /// Makes them, empty and with a checkpoint before the first event.
    pub(crate) async fn create<P: Projection>(
        self,
        db: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        let schema = self.schema::<P>();
        db.execute(&*format!("CREATE SCHEMA {schema}")).await?;
        enter(db, &schema).await?;
        db.execute(P::DDL).await?;
        sqlx::query(
            "INSERT INTO projections (name, version, live, schema_name) VALUES ($1, $2, $3, $4)",
        )
        .bind(P::NAME)
        .bind(P::VERSION)
        .bind(self.is_live())
        .bind(schema)
        .execute(db)
        .await?;
        Ok(())
    }

    /// Writes a batch and moves the checkpoint from `from` to its last event, a few events at a
    /// time. When an event is refused, or another replica is first, the events before it stay
    /// written, with their checkpoint.
    pub(crate) async fn write<P: Projection>(
        self,
        pool: &PgPool,
        from: LogPosition,
        batch: &[Recorded],
    ) -> Result<Consumed, ConsumerError> {
        let mut notices: BTreeSet<Notice> = BTreeSet::new();
        let mut checkpoint = from;
        for part in batch.chunks(TRANSACTION) {
            let Some(last) = part.last() else { break };
            match self
                .write_part::<P>(pool, checkpoint, last.position, part)
                .await?
            {
                Some(changed) => notices.extend(changed),
                None if checkpoint == from => return Ok(Consumed::Superseded),
                // What is written is told; the next look at the checkpoint finds the rest.
                None => break,
            }
            checkpoint = last.position;
        }
        Ok(Consumed::Advanced {
            notices: notices.into_iter().collect(),
        })
    }

    /// One transaction; nothing when another replica moved the checkpoint.
    async fn write_part<P: Projection>(
        self,
        pool: &PgPool,
        from: LogPosition,
        to: LogPosition,
        part: &[Recorded],
    ) -> Result<Option<BTreeSet<Notice>>, ConsumerError> {
        let mut db = pool.begin().await.map_err(|error| unavailable(&error))?;
        enter(&mut db, &self.schema::<P>())
            .await
            .map_err(|error| unavailable(&error))?;
        // First of all, so that of two replicas the second one waits here and then stops.
        if !self.advance::<P>(&mut db, from, to).await? {
            return Ok(None);
        }
        let mut notices = BTreeSet::new();
        for event in part {
            let changed = P::apply(&mut db, event)
                .await
                .map_err(|why| why.at(event.position))?;
            notices.extend(changed);
        }
        db.commit().await.map_err(|error| unavailable(&error))?;
        Ok(Some(notices))
    }

    /// Compare-and-swap of the checkpoint; `false` when it is not at `from`.
    async fn advance<P: Projection>(
        self,
        db: &mut PgConnection,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<bool, ConsumerError> {
        let moved = sqlx::query(
            "UPDATE projections SET xact_id = $1, position = $2 \
             WHERE name = $3 AND version = $4 AND live = $5 AND xact_id = $6 AND position = $7",
        )
        .bind(to.xact_id)
        .bind(to.position)
        .bind(P::NAME)
        .bind(P::VERSION)
        .bind(self.is_live())
        .bind(from.xact_id)
        .bind(from.position)
        .execute(db)
        .await
        .map_err(|error| unavailable(&error))?;
        Ok(moved.rows_affected() == 1)
    }
}

/// Puts a schema first in the transaction's search path, and keeps a rebuild from swapping its
/// tables until the transaction ends. Takes no transaction id: a wait here holds no reader of
/// the log back.
async fn enter(db: &mut PgConnection, schema: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('lock_timeout', $2, true), \
         set_config('search_path', $1 || ', ' || current_setting('search_path'), true), \
         pg_advisory_xact_lock_shared(hashtextextended($1, 0))",
    )
    .bind(schema)
    .bind(SWAP_PATIENCE)
    .execute(db)
    .await?;
    Ok(())
}

fn unavailable(error: &sqlx::Error) -> ConsumerError {
    ConsumerError::Unavailable {
        reason: error.to_string(),
    }
}
