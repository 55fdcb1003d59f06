//! Many writers, some slow, some giving up, and a reader that runs all the while.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::future::{join, join_all};
use gage_application::{ports::event_log::EventLog, position::LogPosition};
use gage_infrastructure::postgres::PostgresEventLog;
use sqlx::{Connection, Executor, PgConnection};

use crate::support::{TestDb, append, events, stream};

const QUICK_WRITERS: usize = 24;
const APPENDS: u64 = 25;
const SLOW_WRITERS: usize = 4;

/// What a reader saw: streams and sequences, in the order of reading.
type Seen = Vec<(String, u64)>;

async fn write_quickly(log: &PostgresEventLog, writer: usize) {
    let (a, b) = (
        stream("Order", &writer.to_string()),
        stream("Inventory", &writer.to_string()),
    );
    for version in 0..APPENDS {
        // So that the reader keeps up: it is to be at the end while slow writers are open.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let both = vec![events(&a, version, 1), events(&b, version * 2, 2)];
        log.append(&append(both)).await.expect("appends");
    }
}

/// A stock writer with a transaction of its own, which stays open, and fails now and then.
async fn write_slowly(url: &str, writer: usize) {
    let mut connection = PgConnection::connect(url).await.expect("connects");
    let mut committed = 0;
    for round in 0..10_u64 {
        connection.execute("BEGIN").await.expect("begins");
        let insert = format!(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
             VALUES ('Slow', '{writer}', {}, 'Happened', '1.0.0', '{{}}', '{{}}')",
            committed + 1
        );
        connection.execute(&*insert).await.expect("inserts");
        tokio::time::sleep(Duration::from_millis(3 + 7 * (round % 3))).await;
        let end = if round % 4 == 3 { "ROLLBACK" } else { "COMMIT" };
        connection.execute(end).await.expect("ends");
        committed += u64::from(end == "COMMIT");
    }
}

/// Follows the log until all writers are done and all is read.
async fn read_along(db: &TestDb, done: &AtomicBool) -> Seen {
    let log = db.log();
    let (mut after, mut seen) = (LogPosition::START, Vec::new());
    loop {
        let was_done = done.load(Ordering::SeqCst);
        let page = log.read_after(after, 200, &[]).await.expect("reads");
        for event in page.events {
            assert!(
                event.position > after,
                "{} comes after {after}",
                event.position
            );
            after = event.position;
            seen.push((event.stream.to_string(), event.sequence));
        }
        let stored = db.number("SELECT count(*) FROM events").await;
        if was_done && page.at_end && i64::try_from(seen.len()) == Ok(stored) {
            return seen;
        }
    }
}

async fn stored(db: &TestDb) -> BTreeSet<(String, u64)> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT aggregate_type || ':' || aggregate_id, sequence FROM events")
            .fetch_all(&db.pool)
            .await
            .expect("reads");
    rows.into_iter()
        .map(|(name, sequence)| (name, sequence.unsigned_abs()))
        .collect()
}

/// Each event that was committed is seen once, no other, and each stream in its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_sees_each_event_once_and_in_order() {
    let db = TestDb::new().await;
    let (log, done) = (db.log(), AtomicBool::new(false));
    let writers = async {
        let quick = (0..QUICK_WRITERS).map(|writer| write_quickly(&log, writer));
        let slow = (0..SLOW_WRITERS).map(|writer| write_slowly(&db.url, writer));
        join(join_all(quick), join_all(slow)).await;
        done.store(true, Ordering::SeqCst);
    };
    let reader = tokio::time::timeout(Duration::from_mins(1), read_along(&db, &done));
    let ((), seen) = join(writers, reader).await;
    let seen = seen.expect("the reader misses nothing, so it reaches the end");

    assert_eq!(
        seen.iter().cloned().collect::<BTreeSet<_>>(),
        stored(&db).await
    );
    for name in seen.iter().map(|(name, _)| name).collect::<BTreeSet<_>>() {
        let of_stream = seen.iter().filter(|(other, _)| other == name);
        let sequences: Vec<u64> = of_stream.map(|(_, sequence)| *sequence).collect();
        // Dense from 1: in order, and none twice.
        assert!(
            sequences.iter().copied().eq(1..=sequences.len() as u64),
            "{name}: {sequences:?}"
        );
    }
}
