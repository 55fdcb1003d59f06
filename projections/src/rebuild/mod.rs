//! Rebuilding a read model beside the live one.
//!
//! The copy is filled from the log up to the live tables' checkpoint, compared with them row by
//! row, and swapped in. The live tables go on being read and written all the while; only for
//! the comparison and the swap their writer waits, and readers never do.
//!
//! The swap renames schemas, which locks no table: a query that runs keeps the old tables, the
//! next one finds the new. PostgreSQL plans prepared statements again after the rename, and
//! version and so columns are the same.

mod swap;

use std::sync::Arc;

use gage_application::{
    catch_up::{Consumed, ConsumerError},
    log_reader::{Batch, LogReader},
    ports::{
        StoreUnavailable,
        event_log::{EventLog, LogError},
    },
    position::LogPosition,
};
use sqlx::{Connection, PgConnection, PgPool};
use thiserror::Error;

use crate::{
    catalog::Catalog,
    failure::unavailable,
    ledger::Ledger,
    name::ProjectionName,
    orders::Orders,
    payments::Payments,
    progress,
    projection::Projection,
    setup,
    tables::{BULK, Hold, Tables},
};

/// Rows of a copy that are held in memory while it is filled. Writing them all holds the readers
/// of the log back for some 100 ms.
const HELD_ROWS: usize = 10_000;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub stage: Stage,
    /// The log's position that it has come to.
    pub done: u64,
    /// The log's position that it goes to.
    pub total: u64,
}

/// What a rebuild does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Brings the live tables to the end of the log.
    CatchingUp,
    /// Fills the copy.
    Filling,
    /// Makes the copy's indexes.
    Indexing,
    /// Compares the copy with the live tables.
    Comparing,
    /// Puts the copy in their place.
    Swapping,
}

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The read model.
    pub name: ProjectionName,
    /// Events that were applied: those that concern it.
    pub events: u64,
    /// Rows that were made.
    pub rows: u64,
    /// The last event that is in both.
    pub checkpoint: LogPosition,
    /// Rows that only one of the two had, by table; empty when they were identical.
    pub differences: Vec<Difference>,
    /// The event that had stopped the live tables, with the reason: they were behind the log
    /// then, and the rebuilt ones go on from there.
    pub stopped: Option<(LogPosition, String)>,
}

impl Report {
    /// Whether the rebuilt tables were the live ones, byte by byte.
    pub fn identical_to_live(&self) -> bool {
        self.differences.is_empty()
    }
}

/// A table of which the copy differs from the live one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: String,
    /// Rows that only the live table has.
    pub only_live: u64,
    /// Rows that only the copy has.
    pub only_copy: u64,
}

/// Why nothing was rebuilt. The live tables are then as before.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// Someone rebuilds it already.
    #[error("{0} is being rebuilt already")]
    AlreadyRunning(ProjectionName),
    /// The database is away, or its lock could not be had in time.
    #[error(transparent)]
    Unavailable(#[from] StoreUnavailable),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event cannot be written into the copy.
    #[error("event {position} cannot be handled: {reason}")]
    Poison {
        /// The event.
        position: LogPosition,
        /// Table, key and cause.
        reason: String,
    },
}

impl From<sqlx::Error> for RebuildError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(unavailable(&error))
    }
}

impl From<ConsumerError> for RebuildError {
    fn from(error: ConsumerError) -> Self {
        match error {
            ConsumerError::Unavailable { reason } => Self::Unavailable(StoreUnavailable {
                store: "postgres",
                reason,
            }),
            ConsumerError::Poison { position, reason } => Self::Poison { position, reason },
        }
    }
}

/// Rebuilds a read model beside the live one, compares, and swaps. `progress` is told of every
/// batch.
///
/// # Errors
/// [`RebuildError`]; the live tables are then as before.
pub async fn rebuild(
    pool: &PgPool,
    log: Arc<dyn EventLog>,
    name: ProjectionName,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Report, RebuildError> {
    setup::ensure(pool).await?;
    let rebuild = Rebuild {
        pool,
        log,
        name,
        progress,
    };
    match name {
        ProjectionName::Catalog => rebuild.run::<Catalog>().await,
        ProjectionName::Orders => rebuild.run::<Orders>().await,
        ProjectionName::Payments => rebuild.run::<Payments>().await,
        ProjectionName::Ledger => rebuild.run::<Ledger>().await,
    }
}

struct Rebuild<'a> {
    pool: &'a PgPool,
    log: Arc<dyn EventLog>,
    name: ProjectionName,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
}

impl Rebuild<'_> {
    async fn run<P: Projection>(&self) -> Result<Report, RebuildError> {
        // A connection of its own: its locks end with it, whatever happens here.
        let mut locks = self.pool.acquire().await?.detach();
        let lock = format!("rebuild {}", P::SCHEMA);
        if !swap::try_lock(&mut locks, &lock).await? {
            return Err(RebuildError::AlreadyRunning(self.name));
        }
        let outcome = self.run_locked::<P>(&mut locks).await;
        if outcome.is_err()
            && let Err(error) = self.discard_copy::<P>().await
        {
            tracing::warn!(projection = P::NAME, %error, "the copy stays until the next rebuild");
        }
        locks.close().await?;
        outcome
    }

    async fn run_locked<P: Projection>(
        &self,
        locks: &mut PgConnection,
    ) -> Result<Report, RebuildError> {
        self.discard_copy::<P>().await?;
        swap::drop_schema(self.pool, &swap::retired::<P>()).await?;
        let stopped = self.catch_up_live::<P>().await?;
        let mut db = self.pool.begin().await?;
        Tables::Copy.create::<P>(&mut db).await?;
        db.commit().await?;
        let mut events = self.fill::<P>().await?;
        let filled = self.checkpoint::<P>(Tables::Copy).await?;
        self.tell(Stage::Indexing, filled, filled);
        swap::index::<P>(self.pool).await?;
        // What the live tables got meanwhile, so that their writer waits for little.
        events += self.fill::<P>().await?;
        swap::hold_writer::<P>(locks).await?;
        // They cannot get more now.
        events += self.fill::<P>().await?;
        let checkpoint = self.checkpoint::<P>(Tables::Copy).await?;
        self.tell(Stage::Comparing, checkpoint, checkpoint);
        let (rows, differences) = swap::compare::<P>(self.pool).await?;
        self.tell(Stage::Swapping, checkpoint, checkpoint);
        swap::swap::<P>(self.pool).await?;
        swap::release_writer::<P>(locks).await?;
        swap::drop_when_unread::<P>(self.pool).await;
        Ok(Report {
            name: self.name,
            events,
            rows,
            checkpoint,
            differences,
            stopped,
        })
    }

    /// Brings the live tables to the end of the log, or to the event that stops them: without a
    /// server they would be as far as it left them.
    async fn catch_up_live<P: Projection>(
        &self,
    ) -> Result<Option<(LogPosition, String)>, RebuildError> {
        let head = self.log.state().await?.head;
        let caught_up = self.apply::<P>(Tables::Live, head, Stage::CatchingUp).await;
        match caught_up {
            Ok(_) => Ok(None),
            Err(RebuildError::Poison { position, reason }) => {
                let from = self.checkpoint::<P>(Tables::Live).await?;
                let reader = LogReader::new(self.log.clone(), P::IGNORES);
                let mut batch = bounded(reader.read(from, BULK).await?, head)?;
                batch.end_before(position);
                Tables::Live.write::<P>(self.pool, batch.stretch()).await?;
                Ok(Some((position, reason)))
            }
            Err(error) => Err(error),
        }
    }

    /// Fills the copy up to the live tables' checkpoint; returns how many events that took.
    async fn fill<P: Projection>(&self) -> Result<u64, RebuildError> {
        let until = self.checkpoint::<P>(Tables::Live).await?;
        self.apply::<P>(Tables::Copy, until, Stage::Filling).await
    }

    /// Applies the log up to a position; while a stretch is written, the next one is read.
    async fn apply<P: Projection>(
        &self,
        tables: Tables,
        until: LogPosition,
        stage: Stage,
    ) -> Result<u64, RebuildError> {
        let reader = LogReader::new(self.log.clone(), P::IGNORES);
        let mut from = self.checkpoint::<P>(tables).await?;
        let (mut applied, mut ahead) = (0, None);
        let mut held = P::Rows::default();
        while from < until {
            self.tell(stage, from, until);
            let batch = match ahead.take() {
                Some(read) => bounded(read, until)?,
                None => bounded(reader.read(from, BULK).await?, until)?,
            };
            let next = (batch.to < until).then(|| reader.read_ahead(batch.to, BULK));
            match self.write::<P>(tables, &mut held, &batch, until).await? {
                Consumed::Advanced { .. } => {
                    applied += u64::try_from(batch.events.len()).unwrap_or(u64::MAX);
                    from = batch.to;
                    if let Some(next) = next {
                        ahead = Some(next.await?);
                    }
                }
                Consumed::Superseded => from = self.checkpoint::<P>(tables).await?,
            }
            self.tell(stage, from, until);
        }
        Ok(applied)
    }

    /// Writes a batch; into the copy, which nobody reads, rows only when they must be.
    async fn write<P: Projection>(
        &self,
        tables: Tables,
        rows: &mut P::Rows,
        batch: &Batch,
        until: LogPosition,
    ) -> Result<Consumed, ConsumerError> {
        let (pool, stretch) = (self.pool, batch.stretch());
        match tables {
            Tables::Live => tables.write::<P>(pool, stretch).await,
            Tables::Copy => {
                let hold = if batch.to < until {
                    Hold::UpTo(HELD_ROWS)
                } else {
                    Hold::Nothing
                };
                tables.write_holding::<P>(pool, rows, stretch, hold).await
            }
        }
    }

    async fn checkpoint<P: Projection>(&self, tables: Tables) -> Result<LogPosition, RebuildError> {
        Ok(progress::checkpoint::<P>(self.pool, tables)
            .await?
            .unwrap_or(LogPosition::START))
    }

    async fn discard_copy<P: Projection>(&self) -> Result<(), RebuildError> {
        swap::drop_schema(self.pool, &Tables::Copy.schema::<P>()).await?;
        sqlx::query("DELETE FROM projections WHERE name = $1 AND version = $2 AND NOT live")
            .bind(P::NAME)
            .bind(P::VERSION)
            .execute(self.pool)
            .await?;
        Ok(())
    }

    fn tell(&self, stage: Stage, done: LogPosition, total: LogPosition) {
        let count = |position: LogPosition| u64::try_from(position.position).unwrap_or(0);
        (self.progress)(Progress {
            stage,
            done: count(done),
            total: count(total),
        });
    }
}

/// A stretch that was read, not beyond a position.
fn bounded(mut batch: Batch, until: LogPosition) -> Result<Batch, RebuildError> {
    batch.end_at(until);
    if let Some(unreadable) = batch.unreadable.take()
        && unreadable.position <= until
    {
        return Err(unreadable.error.into());
    }
    if batch.is_empty() {
        let reason = format!("it ends at {}, before {until}", batch.from);
        return Err(LogError::Unavailable { reason }.into());
    }
    Ok(batch)
}
