//! Comparing a filled copy with the live tables, and putting it in their place.

use std::time::Duration;

use futures::future::try_join_all;
use sqlx::{Connection, Executor, PgConnection, PgPool};
use tokio::time::sleep;

use super::Difference;
use crate::{
    projection::{Making, Projection},
    tables::Tables,
};

/// How long the swap waits for the live tables' writer.
const SWAP_PATIENCE: &str = "10s";
/// How long one attempt to drop the old tables waits for queries that still read them: shorter
/// than PostgreSQL's `deadlock_timeout`, so that no query is chosen as the one to give way.
const DROP_PATIENCE: &str = "200ms";
/// Attempts to drop the old tables.
const DROP_ATTEMPTS: u32 = 50;
/// Time between two attempts.
const DROP_PAUSE: Duration = Duration::from_millis(200);

/// Where the old tables are between the swap and their end.
pub(super) fn retired<P: Projection>() -> String {
    format!("{}_retired", P::SCHEMA)
}

/// Takes a lock of the session, if nobody has it.
pub(super) async fn try_lock(db: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
        .bind(name)
        .fetch_one(db)
        .await
}

/// Makes the live tables' writer wait: it takes the same lock, shared, in every transaction.
/// A session's lock and not a transaction's, as a transaction that has an id and compares
/// tables for long would hold every reader of the log back.
pub(super) async fn hold_writer<P: Projection>(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('lock_timeout', $2, false), pg_advisory_lock(hashtextextended($1, 0))",
    )
    .bind(P::SCHEMA)
    .bind(SWAP_PATIENCE)
    .execute(db)
    .await?;
    Ok(())
}

/// Lets the writer go on.
pub(super) async fn release_writer<P: Projection>(
    db: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
        .bind(P::SCHEMA)
        .execute(db)
        .await?;
    Ok(())
}

/// Makes the indexes of a filled copy, and lets the planner know its tables; the tables side by
/// side. Each index in transactions of its own that are short, or have no id: building one over
/// many rows in a single transaction would hold every reader of the log back.
pub(super) async fn index<P: Projection>(pool: &PgPool) -> Result<(), sqlx::Error> {
    let schema = Tables::Copy.schema::<P>();
    let tables = tables_of(&mut *pool.acquire().await?, &schema).await?;
    let indexing = tables
        .iter()
        .map(|table| index_table::<P>(pool, &schema, table));
    try_join_all(indexing).await.map(drop)
}

async fn index_table<P: Projection>(
    pool: &PgPool,
    schema: &str,
    table: &str,
) -> Result<(), sqlx::Error> {
    // A connection of its own: the pool's limits are for queries of users. An index waits for
    // older snapshots, those of its neighbours among them.
    let mut db = pool.acquire().await?.detach();
    db.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        .await?;
    for index in P::INDEXES.iter().filter(|index| index.table == table) {
        db.execute(&*index.sql(schema, Making::Concurrently))
            .await?;
    }
    db.execute(&*format!("ANALYZE {schema}.{table}")).await?;
    db.close().await
}

async fn tables_of(db: &mut PgConnection, schema: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename",
    )
    .bind(schema)
    .fetch_all(db)
    .await
}

/// Counts the copy's rows, and those that only one side has.
///
/// Tables whose rows are as many, and whose rows' 64-bit hashes have the same sum, are taken
/// for equal; where they are not, the rows are looked at one by one.
pub(super) async fn compare<P: Projection>(
    pool: &PgPool,
) -> Result<(u64, Vec<Difference>), sqlx::Error> {
    let (live, copy) = (Tables::Live.schema::<P>(), Tables::Copy.schema::<P>());
    let mut db = pool.begin().await?;
    // The pool's limit is for queries of users.
    sqlx::query("SET LOCAL statement_timeout = 0")
        .execute(&mut *db)
        .await?;
    let mut rows = 0;
    let mut differences = vec![];
    for table in tables_of(&mut db, &copy).await? {
        let summed = |schema: &str| {
            format!(
                "SELECT count(*) AS rows, sum(hash_record_extended(t, 0)) AS hashes \
                 FROM {schema}.{table} t"
            )
        };
        let sql = format!(
            "SELECT c.rows, (c.*) IS NOT DISTINCT FROM (l.*) FROM ({}) c, ({}) l",
            summed(&copy),
            summed(&live)
        );
        let (count, equal): (i64, bool) = sqlx::query_as(&sql).fetch_one(&mut *db).await?;
        rows += u64::try_from(count).unwrap_or(0);
        if !equal {
            differences.push(difference(&mut db, table, &live, &copy).await?);
        }
    }
    Ok((rows, differences))
}

/// How many rows of a table only one side has: every column, in its printed form.
async fn difference(
    db: &mut PgConnection,
    table: String,
    live: &str,
    copy: &str,
) -> Result<Difference, sqlx::Error> {
    let printed = |schema: &str| format!("SELECT t::text FROM {schema}.{table} t");
    let only = |one: &str, other: &str| {
        format!(
            "(SELECT count(*) FROM ({} EXCEPT ALL {}) d)",
            printed(one),
            printed(other)
        )
    };
    let sql = format!("SELECT {}, {}", only(live, copy), only(copy, live));
    let (only_live, only_copy): (i64, i64) = sqlx::query_as(&sql).fetch_one(db).await?;
    Ok(Difference {
        table,
        only_live: u64::try_from(only_live).unwrap_or(0),
        only_copy: u64::try_from(only_copy).unwrap_or(0),
    })
}

/// Puts the copy in the place of the live tables, which stand aside.
pub(super) async fn swap<P: Projection>(pool: &PgPool) -> Result<(), sqlx::Error> {
    let (live, copy) = (Tables::Live.schema::<P>(), Tables::Copy.schema::<P>());
    let mut db = pool.begin().await?;
    db.execute(&*format!(
        "ALTER SCHEMA {live} RENAME TO {}; ALTER SCHEMA {copy} RENAME TO {live}",
        retired::<P>()
    ))
    .await?;
    sqlx::query("DELETE FROM projections WHERE name = $1 AND version = $2 AND live")
        .bind(P::NAME)
        .bind(P::VERSION)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "UPDATE projections SET live = true, schema_name = $3 WHERE name = $1 AND version = $2",
    )
    .bind(P::NAME)
    .bind(P::VERSION)
    .bind(live)
    .execute(&mut *db)
    .await?;
    db.commit().await
}

/// Drops the old tables once the queries that began before the swap are done. They may stay:
/// the next rebuild drops them.
pub(super) async fn drop_when_unread<P: Projection>(pool: &PgPool) {
    for _ in 0..DROP_ATTEMPTS {
        match drop_schema(pool, &retired::<P>()).await {
            Ok(()) => return,
            Err(error) => {
                tracing::debug!(projection = P::NAME, %error, "old tables are still read");
            }
        }
        sleep(DROP_PAUSE).await;
    }
    tracing::warn!(
        projection = P::NAME,
        "old tables stay until the next rebuild"
    );
}

/// Drops a schema with its tables, if it is there.
pub(super) async fn drop_schema(pool: &PgPool, schema: &str) -> Result<(), sqlx::Error> {
    let mut db = pool.begin().await?;
    db.execute(&*format!(
        "SET LOCAL lock_timeout = '{DROP_PATIENCE}'; DROP SCHEMA IF EXISTS {schema} CASCADE"
    ))
    .await?;
    db.commit().await
}
