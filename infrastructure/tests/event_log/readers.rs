//! Readers never skip what commits late.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::future::{join, join_all};
use gage_application::{ports::event_log::EventLog, position::LogPosition};
use sqlx::{Connection, Executor, PgConnection};
use time::OffsetDateTime;

use crate::support::{TestDb, append, events, names, read_all, stream};

const SLOW: &str = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
     VALUES ('Order', 'slow', $1, 'Happened', '1.0.0', '{}', '{}')";

#[tokio::test]
async fn a_slow_writers_events_are_never_skipped() {
    let db = TestDb::new().await;
    let log = db.log();
    log.append(&append(vec![events(&stream("Order", "before"), 0, 1)]))
        .await
        .expect("appends");
    let before = read_all(&log, 1).await;

    let mut slow = PgConnection::connect(&db.url).await.expect("connects");
    let mut open = slow.begin().await.expect("begins");
    sqlx::query(SLOW)
        .bind(1_i64)
        .execute(&mut *open)
        .await
        .expect("inserts");
    for index in 0..5 {
        let quick = stream("Order", &format!("quick-{index}"));
        log.append(&append(vec![events(&quick, 0, 1)]))
            .await
            .expect("appends");
    }
    // Later positions in a transaction that began earlier.
    sqlx::query(SLOW)
        .bind(2_i64)
        .execute(&mut *open)
        .await
        .expect("inserts");

    let page = log
        .read_after(before[0].position, 100)
        .await
        .expect("reads");
    assert_eq!(
        (names(&page.events), page.at_end),
        (vec![], true),
        "the slow writer comes first"
    );
    let state = log.state().await.expect("reads");
    assert_eq!(state.head, before[0].position);
    let since = state
        .horizon_since
        .expect("somebody holds the readers back");
    open.commit().await.expect("commits");

    let all = read_all(&log, 8).await;
    let after: Vec<_> = names(&all).into_iter().skip(1).collect();
    assert_eq!(
        after[..2],
        [("Order:slow".to_owned(), 1), ("Order:slow".to_owned(), 2)]
    );
    assert_eq!(after.len(), 7);
    assert!(all.is_sorted_by_key(|event| event.position));
    assert!(since > OffsetDateTime::UNIX_EPOCH);
}

#[tokio::test]
async fn a_slow_writer_that_gives_up_leaves_nothing_and_lets_the_readers_go_on() {
    let db = TestDb::new().await;
    let log = db.log();
    let mut slow = PgConnection::connect(&db.url).await.expect("connects");
    let mut open = slow.begin().await.expect("begins");
    sqlx::query(SLOW)
        .bind(1_i64)
        .execute(&mut *open)
        .await
        .expect("inserts");
    log.append(&append(vec![events(&stream("Order", "quick"), 0, 1)]))
        .await
        .expect("appends");
    assert!(
        log.read_after(LogPosition::START, 10)
            .await
            .expect("reads")
            .events
            .is_empty()
    );
    open.rollback().await.expect("rolls back");
    assert_eq!(
        names(&read_all(&log, 1).await),
        [("Order:quick".to_owned(), 1)]
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_loss_and_say_when_they_end() {
    let db = TestDb::new().await;
    let log = db.log();
    log.append(&append(vec![events(&stream("Order", "o"), 0, 25)]))
        .await
        .expect("appends");
    read_all(&log, 25).await;
    let (mut after, mut read, mut ends) = (LogPosition::START, Vec::new(), Vec::new());
    for _ in 0..3 {
        let page = log.read_after(after, 10).await.expect("reads");
        after = page.events.last().expect("an event").position;
        read.extend(page.events.iter().map(|event| event.sequence));
        ends.push(page.at_end);
    }
    assert_eq!(read, (1..=25).collect::<Vec<u64>>());
    assert_eq!(ends, [false, false, true]);
}

/// Many writers, some slow, some giving up, and a reader that runs all the while: it sees
/// every event that was committed, once, in the order of the log, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_beside_many_writers_sees_each_event_once_and_in_order() {
    const WRITERS: usize = 24;
    const APPENDS: u64 = 25;
    let db = TestDb::new().await;
    let log = db.log();
    let done = AtomicBool::new(false);

    let quick = |writer: usize| {
        let log = &log;
        async move {
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
    };
    let slow = |writer: usize| {
        let url = &db.url;
        async move {
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
    };
    let reader = async {
        let (mut after, mut seen) = (LogPosition::START, Vec::new());
        loop {
            let was_done = done.load(Ordering::SeqCst);
            let page = log.read_after(after, 200).await.expect("reads");
            for event in page.events {
                assert!(
                    event.position > after,
                    "{} comes after {after}",
                    event.position
                );
                after = event.position;
                seen.push((event.stream.to_string(), event.sequence));
            }
            let total = "SELECT count(*) FROM events";
            if was_done && page.at_end && seen.len() as i64 == db.number(total).await {
                return seen;
            }
            assert!(
                !was_done || (seen.len() as i64) < db.number(total).await,
                "read too much"
            );
        }
    };
    let writers = async {
        join(
            join_all((0..WRITERS).map(quick)),
            join_all((0..4).map(slow)),
        )
        .await;
        done.store(true, Ordering::SeqCst);
    };
    let ((), seen) = join(
        writers,
        tokio::time::timeout(Duration::from_secs(60), reader),
    )
    .await;
    let seen = seen.expect("the reader reaches the end");

    let stored: Vec<(String, i64)> =
        sqlx::query_as("SELECT aggregate_type || ':' || aggregate_id, sequence FROM events")
            .fetch_all(&db.pool)
            .await
            .expect("reads");
    let stored: BTreeSet<(String, u64)> = stored
        .into_iter()
        .map(|(name, sequence)| (name, sequence.unsigned_abs()))
        .collect();
    assert_eq!(seen.len(), stored.len());
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), stored);
    for name in seen.iter().map(|(name, _)| name).collect::<BTreeSet<_>>() {
        let sequences: Vec<u64> = seen
            .iter()
            .filter(|(other, _)| other == name)
            .map(|(_, sequence)| *sequence)
            .collect();
        assert!(
            sequences.iter().copied().eq(1..=sequences.len() as u64),
            "{name}: {sequences:?}"
        );
    }
}

#[tokio::test]
async fn an_empty_log_has_no_head() {
    let db = TestDb::new().await;
    let log = db.log();
    assert_eq!(log.state().await.expect("reads").head, LogPosition::START);
    let page = log.read_after(LogPosition::START, 10).await.expect("reads");
    assert_eq!((page.events, page.at_end), (vec![], true));
}
