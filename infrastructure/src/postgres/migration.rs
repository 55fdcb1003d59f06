//! Bringing the database up to date, and the log's offset.
//!
//! The log is ordered by transaction ids, which belong to a cluster. After a restored dump or
//! a logical upgrade the cluster hands out smaller ids than the log already holds. Then the
//! offset is raised so far that every id from now on is above all of the log's.

use sqlx::{Connection, FromRow, PgConnection, PgPool, migrate::Migrator};
use thiserror::Error;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Migrations that were applied now, by number and description.
    pub applied: Vec<(i64, String)>,
    /// The log's new offset, if the log had moved to another cluster.
    pub new_offset: Option<i64>,
}

/// Why the database could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The database is away, or refuses.
    #[error("the database cannot be migrated")]
    Database(#[from] sqlx::Error),
    /// The migrations do not fit the database's history.
    #[error("the migrations do not fit this database; is it of a newer Gage?")]
    Migrations(#[from] sqlx::migrate::MigrateError),
}

/// Why the log must not be used.
#[derive(Debug, Error)]
pub enum DisplacedLog {
    /// The database is away, or not migrated.
    #[error("the event log cannot be read; run `gage migrate` if the database is new")]
    Unreadable(#[from] sqlx::Error),
    /// The log was restored from another cluster.
    #[error(
        "the event log holds transaction {greatest}, but this cluster has only reached {next}: it was restored from another cluster. Run `gage migrate`"
    )]
    Displaced {
        /// The log's greatest transaction.
        greatest: i64,
        /// The next that the log would write.
        next: i64,
    },
    /// Migrations are missing.
    #[error("{missing} migrations are missing: run `gage migrate`")]
    Outdated {
        /// How many.
        missing: usize,
    },
}

/// Applies the migrations that are missing and settles the log's offset. Safe to run from
/// several replicas at once: they take turns.
///
/// # Errors
/// [`MigrationError`].
pub async fn migrate(pool: &PgPool) -> Result<Migrated, MigrationError> {
    // A connection of its own: it waits for other replicas for as long as they take.
    let mut connection = pool.acquire().await?.detach();
    sqlx::query("SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false)")
        .execute(&mut connection)
        .await?;
    let before = applied(&mut connection).await?;
    MIGRATOR.run_direct(&mut connection).await?;
    let new_offset = settle_offset(&mut connection).await?;
    connection.close().await?;
    let applied = MIGRATOR
        .iter()
        .filter(|migration| !before.contains(&migration.version))
        .map(|migration| (migration.version, migration.description.to_string()))
        .collect();
    Ok(Migrated {
        applied,
        new_offset,
    })
}

/// Checks that the database is up to date and the log belongs to this cluster.
///
/// # Errors
/// [`DisplacedLog`].
pub async fn check_log(pool: &PgPool) -> Result<(), DisplacedLog> {
    let mut connection = pool.acquire().await?;
    let applied = applied(&mut connection).await?;
    let missing = MIGRATOR
        .iter()
        .filter(|known| !applied.contains(&known.version))
        .count();
    if missing > 0 {
        return Err(DisplacedLog::Outdated { missing });
    }
    let place = place(&mut connection).await?;
    if place.is_displaced() {
        return Err(DisplacedLog::Displaced {
            greatest: place.greatest,
            next: place.next(),
        });
    }
    Ok(())
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(connection)
        .await
}

/// The log's transaction ids beside the cluster's.
#[derive(Debug, FromRow)]
struct Place {
    /// Added to the cluster's ids.
    value: i64,
    /// The greatest id in the log, offset included.
    greatest: i64,
    /// The oldest id that is still in use in the cluster.
    oldest_open: i64,
    /// The first id that the cluster had not handed out.
    next_of_cluster: i64,
    /// Whether the offset was settled for this cluster.
    settled_here: bool,
}

impl Place {
    fn next(&self) -> i64 {
        self.value.saturating_add(self.next_of_cluster)
    }

    fn is_displaced(&self) -> bool {
        self.greatest >= self.next()
    }
}

async fn place(connection: &mut PgConnection) -> Result<Place, sqlx::Error> {
    sqlx::query_as(
        "SELECT o.value,
                coalesce((SELECT max(xact_id) FROM events), 0) AS greatest,
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_open,
                pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next_of_cluster,
                o.system_identifier = (SELECT system_identifier FROM pg_control_system()) AS settled_here
           FROM log_offset o",
    )
    .fetch_one(connection)
    .await
}

/// Raises the offset if the log is displaced. Returns the new one.
async fn settle_offset(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let found = place(&mut *connection).await?;
    if found.settled_here && !found.is_displaced() {
        return Ok(None);
    }
    let mut transaction = connection.begin().await?;
    // Waits for open appends and keeps new ones waiting: none may write with the old offset
    // once readers use the new one. Reading goes on.
    sqlx::query("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await?;
    let found = place(&mut transaction).await?;
    let new_offset = found.is_displaced().then(|| {
        // Above the log even for the oldest transaction that may still write.
        found
            .greatest
            .saturating_sub(found.oldest_open)
            .saturating_add(1)
    });
    sqlx::query(
        "UPDATE log_offset
            SET value = coalesce($1, value), settled_at = clock_timestamp(),
                system_identifier = (SELECT system_identifier FROM pg_control_system())",
    )
    .bind(new_offset)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(new_offset)
}
