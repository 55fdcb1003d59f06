//! How far read models have come.

use gage_application::position::LogPosition;
use sqlx::{PgConnection, PgPool, Row};

use crate::{failure::QueryError, projection::Projection, tables::Tables};

/// The checkpoint of the tables; nothing when they were not made yet.
pub(crate) async fn checkpoint<P: Projection>(
    pool: &PgPool,
    tables: Tables,
) -> Result<Option<LogPosition>, sqlx::Error> {
    let mut db = pool.acquire().await?;
    checkpoint_within::<P>(&mut db, tables).await
}

/// The same, within a transaction.
pub(crate) async fn checkpoint_within<P: Projection>(
    db: &mut PgConnection,
    tables: Tables,
) -> Result<Option<LogPosition>, sqlx::Error> {
    let sql = "SELECT xact_id, position FROM projections \
               WHERE name = $1 AND version = $2 AND live = $3";
    let row = sqlx::query(sql)
        .bind(P::NAME)
        .bind(P::VERSION)
        .bind(tables.is_live())
        .fetch_optional(db)
        .await?;
    row.map(|row| {
        Ok(LogPosition {
            xact_id: row.try_get("xact_id")?,
            position: row.try_get("position")?,
        })
    })
    .transpose()
}

/// Whether the live tables hold everything up to a position.
pub(crate) async fn reached<P: Projection>(
    pool: &PgPool,
    position: LogPosition,
) -> Result<bool, QueryError> {
    let checkpoint = checkpoint::<P>(pool, Tables::Live).await?;
    Ok(checkpoint.is_some_and(|checkpoint| checkpoint >= position))
}
