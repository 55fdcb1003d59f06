//! A replay that is cut short is an error, never a shorter history.

use cqrs_es::persist::{PersistedEventRepository, PersistenceError};
use gage_application::ports::event_log::{EventLog, LogError};
use gage_domain::{decider::Cqrs, inventory::Inventory};
use sqlx::Executor;

use crate::support::{TestDb, append, events, stream};

type Stock = Cqrs<Inventory>;

/// What an operator can do knowingly, and a broken restore without knowing.
async fn delete(db: &TestDb, condition: &str) {
    let delete = format!(
        "BEGIN; ALTER TABLE events DISABLE TRIGGER events_append_only;
         DELETE FROM events WHERE {condition};
         ALTER TABLE events ENABLE TRIGGER events_append_only; COMMIT"
    );
    db.pool.execute(&*delete).await.expect("deletes");
}

/// Reads a replay until its end or its first error.
async fn drain(mut replay: cqrs_es::persist::ReplayStream) -> (usize, Option<PersistenceError>) {
    let mut read = 0;
    loop {
        match replay.next::<Stock>(&[]).await {
            Some(Ok(_)) => read += 1,
            Some(Err(error)) => return (read, Some(error)),
            None => return (read, None),
        }
    }
}

/// `count` deliveries of one piece each, `padding` bytes large.
async fn deliver(db: &TestDb, id: &str, count: u32, padding: usize) {
    let insert = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                  SELECT 'Inventory', $1, n, 'StockReceived', '1.0.0',
                         '{\"StockReceived\": {\"quantity\": 1}}',
                         jsonb_build_object('padding', repeat('x', $3))
                    FROM generate_series(1, $2) AS n";
    sqlx::query(insert)
        .bind(id)
        .bind(i64::from(count))
        .bind(i32::try_from(padding).expect("small"))
        .execute(&db.pool)
        .await
        .expect("inserts");
}

#[tokio::test]
async fn a_missing_event_is_an_error_wherever_the_stream_is_read() {
    let db = TestDb::new().await;
    let log = db.log();
    deliver(&db, "s", 6, 1).await;
    delete(&db, "sequence = 4").await;
    let inventory = stream("Inventory", "s");
    // `deliver` pads the metadata, which only cqrs-es reads; ours are written by an append.
    let ours = stream("Order", "o");
    log.append(&append(vec![events(&ours, 0, 6)]))
        .await
        .expect("appends");
    delete(&db, "aggregate_type = 'Order' AND sequence = 4").await;

    for after in [0, 2, 3] {
        let loaded = log.load(&ours, after).await;
        assert!(
            matches!(loaded, Err(LogError::Corrupt { sequence: 4, .. })),
            "{loaded:?}"
        );
    }
    assert_eq!(
        log.load(&ours, 5).await.expect("the rest is whole").len(),
        1
    );
    assert!(
        log.get_events::<Stock>(&inventory.aggregate_id)
            .await
            .is_err()
    );
    assert!(
        log.get_last_events::<Stock>(&inventory.aggregate_id, 2)
            .await
            .is_err()
    );
    let (read, error) = drain(log.stream_events::<Stock>("s").await.expect("begins")).await;
    assert_eq!((read, error.is_some()), (3, true));
    let (read, error) = drain(log.stream_all_events::<Stock>().await.expect("begins")).await;
    assert_eq!((read, error.is_some()), (3, true));
}

#[tokio::test]
async fn a_log_that_ends_before_what_was_seen_is_an_error() {
    let db = TestDb::new().await;
    let log = db.log();
    let ours = stream("Order", "o");
    log.append(&append(vec![events(&ours, 0, 3)]))
        .await
        .expect("appends");
    assert!(log.load(&ours, 3).await.expect("nothing new").is_empty());
    // A snapshot of event 5 and a log that lost it: the state would be of another history.
    let loaded = log.load(&ours, 5).await;
    assert!(
        matches!(loaded, Err(LogError::Corrupt { sequence: 5, .. })),
        "{loaded:?}"
    );
}

#[tokio::test]
async fn a_whole_replay_ends_without_an_error() {
    let db = TestDb::new().await;
    let log = db.log();
    deliver(&db, "a", 700, 1).await;
    deliver(&db, "b", 300, 1).await;
    let (read, error) = drain(log.stream_events::<Stock>("a").await.expect("begins")).await;
    assert_eq!((read, error.map(|error| error.to_string())), (700, None));
    let (read, error) = drain(log.stream_all_events::<Stock>().await.expect("begins")).await;
    assert_eq!((read, error.map(|error| error.to_string())), (1000, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_whose_connection_is_ended_says_so() {
    const EVENTS: u32 = 20_000;
    let db = TestDb::new().await;
    let log = db.log();
    deliver(&db, "big", EVENTS, 4000).await;
    let mut replay = log.stream_events::<Stock>("big").await.expect("begins");
    replay
        .next::<Stock>(&[])
        .await
        .expect("an event")
        .expect("is read");
    // Now the server waits for us to read on, in the middle of its answer.
    let killed = db
        .number(
            "SELECT count(*) FROM (
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active') AS k",
        )
        .await;
    assert!(killed >= 1);
    let (read, error) = drain(replay).await;
    assert!(read < EVENTS as usize - 1, "read everything");
    assert!(
        matches!(error, Some(PersistenceError::ConnectionError(_))),
        "{read}, {error:?}"
    );
}
