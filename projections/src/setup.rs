//! Making the tables of read models, and clearing away those of older versions.

use gage_application::{ports::StoreUnavailable, position::LogPosition};
use sqlx::{Executor, PgConnection, PgPool, Row};

use crate::{
    catalog::Catalog, failure::unavailable, ledger::Ledger, name::ProjectionName, orders::Orders,
    payments::Payments, progress, projection::Projection, tables::Tables,
};

/// A read model's tables as [`ensure`] left them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ensured {
    /// The read model.
    pub name: ProjectionName,
    /// The version of its tables.
    pub version: i32,
    /// Whether they were there.
    pub state: EnsuredState,
}

/// Whether a read model's tables were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnsuredState {
    /// They were.
    Present,
    /// They were made, and wait to be filled from the log.
    Created {
        /// The newest older version, which replicas of an older release go on reading.
        beside: Option<i32>,
    },
}

/// How far a read model has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// The read model.
    pub name: ProjectionName,
    /// Its checkpoint; nothing when its tables were not made yet.
    pub checkpoint: Option<LogPosition>,
}

/// Makes the tables of this code's versions where they are missing. Replicas may do it at once.
///
/// # Errors
/// [`StoreUnavailable`], also before `gage migrate` made the table `projections`.
pub async fn ensure(pool: &PgPool) -> Result<Vec<Ensured>, StoreUnavailable> {
    ensure_all(pool).await.map_err(|error| unavailable(&error))
}

async fn ensure_all(pool: &PgPool) -> Result<Vec<Ensured>, sqlx::Error> {
    let mut ensured = vec![];
    for name in ProjectionName::ALL {
        let state = match name {
            ProjectionName::Catalog => ensure_one::<Catalog>(pool).await?,
            ProjectionName::Orders => ensure_one::<Orders>(pool).await?,
            ProjectionName::Payments => ensure_one::<Payments>(pool).await?,
            ProjectionName::Ledger => ensure_one::<Ledger>(pool).await?,
        };
        ensured.push(Ensured {
            name,
            version: name.version(),
            state,
        });
    }
    Ok(ensured)
}

async fn ensure_one<P: Projection>(pool: &PgPool) -> Result<EnsuredState, sqlx::Error> {
    if progress::checkpoint::<P>(pool, Tables::Live)
        .await?
        .is_some()
    {
        return Ok(EnsuredState::Present);
    }
    let mut db = pool.begin().await?;
    lock_setup(&mut db).await?;
    // Looked at again: another replica may have been first.
    if progress::checkpoint_within::<P>(&mut db, Tables::Live)
        .await?
        .is_some()
    {
        return Ok(EnsuredState::Present);
    }
    let beside = sqlx::query_scalar(
        "SELECT max(version) FROM projections WHERE name = $1 AND version < $2 AND live",
    )
    .bind(P::NAME)
    .bind(P::VERSION)
    .fetch_one(&mut *db)
    .await?;
    Tables::Live.create::<P>(&mut db).await?;
    db.commit().await?;
    Ok(EnsuredState::Created { beside })
}

async fn lock_setup(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('gage projections setup', 0))")
        .execute(db)
        .await?;
    Ok(())
}

/// Drops the tables of older versions, once no replica of an older release runs any more.
/// Returns their schemas.
///
/// # Errors
/// [`StoreUnavailable`].
pub async fn drop_older(pool: &PgPool) -> Result<Vec<String>, StoreUnavailable> {
    drop_older_versions(pool)
        .await
        .map_err(|error| unavailable(&error))
}

async fn drop_older_versions(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let mut dropped = vec![];
    for name in ProjectionName::ALL {
        let mut db = pool.begin().await?;
        lock_setup(&mut db).await?;
        let older = sqlx::query(
            "DELETE FROM projections WHERE name = $1 AND version < $2 RETURNING schema_name",
        )
        .bind(name.as_str())
        .bind(name.version())
        .fetch_all(&mut *db)
        .await?;
        for row in older {
            let schema: String = row.try_get("schema_name")?;
            db.execute(&*format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))
                .await?;
            dropped.push(schema);
        }
        db.commit().await?;
    }
    Ok(dropped)
}

/// How far every read model has come, for health and operators.
///
/// # Errors
/// [`StoreUnavailable`].
pub async fn status(pool: &PgPool) -> Result<Vec<ProjectionStatus>, StoreUnavailable> {
    let mut status = vec![];
    for name in ProjectionName::ALL {
        let checkpoint = match name {
            ProjectionName::Catalog => progress::checkpoint::<Catalog>(pool, Tables::Live).await,
            ProjectionName::Orders => progress::checkpoint::<Orders>(pool, Tables::Live).await,
            ProjectionName::Payments => progress::checkpoint::<Payments>(pool, Tables::Live).await,
            ProjectionName::Ledger => progress::checkpoint::<Ledger>(pool, Tables::Live).await,
        };
        let checkpoint = checkpoint.map_err(|error| unavailable(&error))?;
        status.push(ProjectionStatus { name, checkpoint });
    }
    Ok(status)
}
