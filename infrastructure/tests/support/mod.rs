//! A database of its own for each test.

#![expect(unreachable_pub, reason = "shared by several test binaries")]

pub mod proxy;

use std::{env, time::Duration};

use gage_application::{
    event::{StoredEvent, StreamName},
    metadata::{Actor, Metadata},
    ports::{
        clock::Entropy,
        event_log::{
            Append, Decision, EarlierRequest, EventLog, IdempotencyEntry, IdempotencyKey, LogError,
            NewEvent, StreamAppend,
        },
        snapshot::{Snapshot, Snapshots},
    },
    position::LogPosition,
};
use gage_infrastructure::{
    clock::SystemEntropy,
    postgres::{PoolOptions, PostgresEventLog, PostgresSnapshots, connect, migrate},
};
use serde::Serialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use sqlx::{Connection, Executor, PgConnection, PgPool};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

/// A database that is dropped with this value.
pub struct TestDb {
    /// Connections as the server makes them.
    pub pool: PgPool,
    /// Where the database is.
    pub url: String,
    admin_url: String,
    name: String,
}

impl TestDb {
    /// A migrated database.
    pub async fn new() -> Self {
        let db = Self::empty().await;
        migrate(&db.pool).await.expect("migrations apply");
        db
    }

    /// A database without tables.
    pub async fn empty() -> Self {
        let admin_url = env::var("DATABASE_URL").expect(
            "DATABASE_URL names a PostgreSQL server that may be tested on; script/test sets it",
        );
        let name = format!("gage_test_{}", SystemEntropy.id().simple());
        let mut admin = PgConnection::connect(&admin_url)
            .await
            .expect("PostgreSQL answers");
        admin
            .execute(&*format!("CREATE DATABASE {name}"))
            .await
            .expect("may create databases");
        admin.close().await.expect("closes");
        let mut url = Url::parse(&admin_url).expect("DATABASE_URL is a URL");
        url.set_path(&name);
        let url = url.to_string();
        let pool = connect(&url, PoolOptions::default())
            .await
            .expect("connects");
        // Tests wait for no disk.
        let quick = format!("ALTER DATABASE {name} SET synchronous_commit = off");
        pool.execute(&*quick).await.expect("may set");
        Self {
            pool,
            url,
            admin_url,
            name,
        }
    }

    /// The log in this database.
    pub fn log(&self) -> PostgresEventLog {
        PostgresEventLog::new(self.pool.clone())
    }

    /// A pool of another size.
    pub async fn pool_of(&self, max_connections: u32) -> PgPool {
        let options = PoolOptions {
            max_connections,
            ..PoolOptions::default()
        };
        connect(&self.url, options).await.expect("connects")
    }

    /// The only number that a query answers.
    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.pool)
            .await
            .expect("a number")
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (url, name) = (self.admin_url.clone(), self.name.clone());
        // Dropping is synchronous, and the test's runtime is busy with us: a thread of its own.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let mut admin = PgConnection::connect(&url)
                    .await
                    .expect("PostgreSQL answers");
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute(&*drop).await.expect("drops");
            });
        });
        assert!(
            dropper.join().is_ok() || std::thread::panicking(),
            "the test database stays behind"
        );
    }
}

/// A stream with a name of its own.
pub fn stream(aggregate_type: &str, id: &str) -> StreamName {
    StreamName {
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: id.to_owned(),
    }
}

/// Who did it, in tests.
pub fn metadata() -> Metadata {
    Metadata {
        actor: Actor::StoredSystem("test".to_owned()),
        correlation_id: Uuid::from_u128(7),
        causation_id: "a test".to_owned(),
        decided_at: OffsetDateTime::UNIX_EPOCH,
    }
}

/// An event that says which one it is.
pub fn event(number: u64) -> NewEvent {
    NewEvent {
        event_type: "Happened".to_owned(),
        event_version: "1.0.0".to_owned(),
        payload: raw(&json!({ "Happened": { "number": number } })),
    }
}

/// Events `after + 1 ..= after + count` of a stream.
pub fn events(stream: &StreamName, after: u64, count: u64) -> StreamAppend {
    StreamAppend {
        stream: stream.clone(),
        expected_sequence: after,
        events: (after + 1..=after + count).map(event).collect(),
    }
}

/// JSON as text.
pub fn raw(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).expect("JSON")
}

/// An append of one decision, without key and cursor.
pub fn append(streams: Vec<StreamAppend>) -> Append {
    decision(streams, None).into()
}

/// An append of one decision with a key.
pub fn keyed(key: IdempotencyEntry, streams: Vec<StreamAppend>) -> Append {
    decision(streams, Some(key)).into()
}

/// One decision of an append.
pub fn decision(streams: Vec<StreamAppend>, idempotency: Option<IdempotencyEntry>) -> Decision {
    Decision {
        streams,
        metadata: metadata(),
        idempotency,
    }
}

/// What an earlier request with the key did.
pub async fn earlier(
    log: &PostgresEventLog,
    key: &IdempotencyKey,
) -> Result<Option<EarlierRequest>, LogError> {
    let mut found = log.earlier_requests(std::slice::from_ref(key)).await?;
    assert_eq!(found.len(), 1, "one answer for one question");
    Ok(found.remove(0))
}

/// The newest snapshot of a stream with a layout.
pub async fn latest(
    snapshots: &PostgresSnapshots,
    stream: &StreamName,
    state_version: i32,
) -> Option<Snapshot> {
    let wanted = [(stream.clone(), state_version)];
    let mut found = snapshots.latest_many(&wanted).await.expect("loads");
    assert_eq!(found.len(), 1, "one answer for one question");
    found.remove(0)
}

/// The whole log, once at least `count` events can be read. Other tests' transactions on the
/// same server may hold the readers back for a moment.
pub async fn read_all(log: &PostgresEventLog, count: usize) -> Vec<StoredEvent> {
    for _ in 0..1500 {
        let mut all: Vec<StoredEvent> = Vec::new();
        loop {
            let after = all
                .last()
                .map_or(LogPosition::START, |event| event.position);
            let page = log.read_after(after, 1000, &[]).await.expect("reads");
            all.extend(page.events);
            if page.at_end {
                break;
            }
        }
        if all.len() >= count {
            return all;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{count} events did not become readable");
}

/// What identifies events, for comparing.
pub fn names(events: &[StoredEvent]) -> Vec<(String, u64)> {
    events
        .iter()
        .map(|event| (event.stream.to_string(), event.sequence))
        .collect()
}
