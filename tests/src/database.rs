//! A database of one's own on the PostgreSQL of `DATABASE_URL`.

use sqlx::{Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use url::Url;
use uuid::Uuid;

/// A database, dropped by [`Database::end`] (or, when a test panicked, by the next run of the
/// test profile, which starts anew).
#[derive(Debug)]
pub struct Database {
    /// Its URL.
    pub url: Url,
    name: String,
    admin: Url,
}

/// The value of an environment variable that `script/test` sets.
///
/// # Panics
/// When it is missing.
pub fn required(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run script/test, which sets it up"))
}

impl Database {
    /// Makes one.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn new() -> Self {
        let admin = Url::parse(&required("DATABASE_URL")).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test's own name, part of no event"
        )]
        let name = format!("gage_test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(admin.as_str()).await.unwrap();
        sqlx::query(&format!("CREATE DATABASE {name}"))
            .execute(&mut connection)
            .await
            .unwrap();
        let mut url = admin.clone();
        url.set_path(&name);
        Self { url, name, admin }
    }

    /// A few connections, to audit what is stored.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(2)
            .connect(self.url.as_str())
            .await
            .unwrap()
    }

    /// Every row of every table, as PostgreSQL prints it, with its table.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn dumped(&self) -> Vec<(String, String)> {
        let mut connection = PgConnection::connect(self.url.as_str()).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let mut rows = Vec::new();
        for table in tables {
            let found: Vec<String> = sqlx::query_scalar(&format!("SELECT t::text FROM {table} t"))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            rows.extend(found.into_iter().map(|row| (table.clone(), row)));
        }
        rows
    }

    /// Ends every connection and lets nobody in, as if the server were away.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn shut_out(&self) {
        self.administer(&format!(
            "ALTER DATABASE {} ALLOW_CONNECTIONS false",
            self.name
        ))
        .await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ";
        self.administer(&format!("{end}'{}'", self.name)).await;
    }

    /// Lets everybody in again.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn let_in(&self) {
        self.administer(&format!(
            "ALTER DATABASE {} ALLOW_CONNECTIONS true",
            self.name
        ))
        .await;
    }

    async fn administer(&self, statement: &str) {
        let mut connection = PgConnection::connect(self.admin.as_str()).await.unwrap();
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }

    /// Drops it.
    ///
    /// # Panics
    /// When PostgreSQL is away.
    pub async fn end(self) {
        self.administer(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .await;
    }
}
