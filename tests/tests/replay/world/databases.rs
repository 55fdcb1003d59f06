//! Databases of this test's own.

use gage_infrastructure::postgres::{PoolOptions, connect};
use gage_tests::database::required;
use sqlx::{Connection, PgConnection, PgPool};
use uuid::Uuid;

/// Runs a statement beside all databases.
pub(crate) async fn administer(statement: &str) {
    let mut db = PgConnection::connect(&required("DATABASE_URL"))
        .await
        .unwrap();
    sqlx::query(statement).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// A copy of a database that nobody uses any more: its last connections take a moment to end.
pub(crate) async fn copy(template: &str) -> String {
    let name = new_name();
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let mut db = PgConnection::connect(&required("DATABASE_URL"))
        .await
        .unwrap();
    while let Err(error) = sqlx::query(&statement).execute(&mut db).await {
        let in_use = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(in_use.as_deref(), Some("55006"), "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    db.close().await.unwrap();
    name
}

pub(crate) fn url_of(name: &str) -> String {
    let mut url = url::Url::parse(&required("DATABASE_URL")).unwrap();
    url.set_path(name);
    url.into()
}

pub(crate) async fn open(name: &str) -> PgPool {
    let options = PoolOptions {
        max_connections: 12,
        ..PoolOptions::default()
    };
    connect(&url_of(name), options).await.unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own name, part of no event"
)]
pub(crate) fn new_name() -> String {
    format!("gage_replay_{}", Uuid::new_v4().simple())
}
