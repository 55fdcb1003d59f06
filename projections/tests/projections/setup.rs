//! Making the tables, and clearing away older versions.

use gage_application::position::LogPosition;
use gage_projections::{
    name::ProjectionName,
    setup::{self, Ensured, EnsuredState},
};
use tokio::task::JoinSet;

use crate::support::TestDb;

fn states(ensured: &[Ensured]) -> Vec<EnsuredState> {
    ensured.iter().map(|ensured| ensured.state).collect()
}

const CREATED: EnsuredState = EnsuredState::Created { beside: None };

#[tokio::test]
async fn tables_are_made_once() {
    let db = TestDb::without_read_models().await;
    assert!(
        setup::status(&db.pool)
            .await
            .unwrap()
            .iter()
            .all(|s| s.checkpoint.is_none())
    );
    assert_eq!(
        states(&setup::ensure(&db.pool).await.unwrap()),
        [CREATED; 4]
    );
    assert_eq!(
        states(&setup::ensure(&db.pool).await.unwrap()),
        [EnsuredState::Present; 4]
    );
    let status = setup::status(&db.pool).await.unwrap();
    assert_eq!(
        status.iter().map(|s| s.name).collect::<Vec<_>>(),
        ProjectionName::ALL
    );
    assert!(
        status
            .iter()
            .all(|s| s.checkpoint == Some(LogPosition::START))
    );
}

#[tokio::test]
async fn replicas_that_start_together_make_them_once() {
    let db = TestDb::without_read_models().await;
    let mut replicas = JoinSet::new();
    for _ in 0..6 {
        let pool = db.pool.clone();
        replicas.spawn(async move { setup::ensure(&pool).await.unwrap() });
    }
    let ensured: Vec<_> = replicas.join_all().await.into_iter().flatten().collect();
    let created = ensured
        .iter()
        .filter(|ensured| ensured.state == CREATED)
        .count();
    assert_eq!((ensured.len(), created), (24, 4));
}

#[tokio::test]
async fn before_the_migrations_it_says_what_is_missing() {
    let db = TestDb::without_read_models().await;
    sqlx::query("DROP TABLE projections")
        .execute(&db.pool)
        .await
        .unwrap();
    let error = setup::ensure(&db.pool).await.unwrap_err().to_string();
    assert!(error.contains("projections"), "{error}");
}

#[tokio::test]
async fn a_new_version_is_made_beside_the_older_one_which_goes_when_told() {
    let db = TestDb::without_read_models().await;
    // As an older release would have left it.
    for sql in [
        "CREATE SCHEMA catalog_v0_9",
        "CREATE TABLE catalog_v0_9.shops (id uuid)",
        "ALTER TABLE projections DROP CONSTRAINT projections_version_check",
        "INSERT INTO projections VALUES ('catalog', 0, true, 'catalog_v0_9', 5, 5)",
    ] {
        sqlx::query(sql).execute(&db.pool).await.unwrap();
    }
    let ensured = setup::ensure(&db.pool).await.unwrap();
    assert_eq!(ensured[0].state, EnsuredState::Created { beside: Some(0) });
    let older = "SELECT count(*) FROM pg_tables WHERE schemaname = 'catalog_v0_9'";
    let count: i64 = sqlx::query_scalar(older).fetch_one(&db.pool).await.unwrap();
    assert_eq!(count, 1, "older replicas go on reading it");
    assert_eq!(setup::drop_older(&db.pool).await.unwrap(), ["catalog_v0_9"]);
    let count: i64 = sqlx::query_scalar(older).fetch_one(&db.pool).await.unwrap();
    assert_eq!(count, 0);
    assert!(setup::drop_older(&db.pool).await.unwrap().is_empty());
    assert_eq!(
        states(&setup::ensure(&db.pool).await.unwrap()),
        [EnsuredState::Present; 4]
    );
}
