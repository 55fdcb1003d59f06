//! Appends: all or nothing, one winner for each version, no gaps, each key once.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use gage_application::{
    event::StreamName,
    ports::event_log::{
        Append, AppendError, EventLog, IdempotencyEntry, IdempotencyKey, LogError, StreamVersion,
    },
    position::LogPosition,
};
use serde_json::json;
use sqlx::Executor;

use crate::support::{
    TestDb, append, decision, earlier, event, events, keyed, names, raw, read_all, stream,
};

fn key(name: &str) -> IdempotencyEntry {
    IdempotencyEntry {
        key: IdempotencyKey {
            principal: "wallet:0x1".to_owned(),
            key: name.to_owned(),
        },
        request_hash: [7; 32],
        output: json!({ "order": name }),
    }
}

#[tokio::test]
async fn an_append_answers_the_position_of_its_last_event() {
    let db = TestDb::new().await;
    let log = db.log();
    let (order, stock) = (stream("Order", "o"), stream("Inventory", "s"));
    let position = log
        .append(&append(vec![events(&stock, 0, 1), events(&order, 0, 2)]))
        .await
        .expect("appends");
    let stored = read_all(&log, 3).await;
    assert_eq!(stored.last().map(|event| event.position), Some(position));
    assert_eq!(
        names(&stored),
        [
            ("Inventory:s".into(), 1),
            ("Order:o".into(), 1),
            ("Order:o".into(), 2)
        ]
    );
    assert!(
        stored
            .iter()
            .all(|event| event.position.xact_id == position.xact_id)
    );
    assert_eq!(log.load(&order, 1).await.expect("loads").len(), 1);
}

#[tokio::test]
async fn one_conflict_and_nothing_of_any_stream_is_written() {
    let db = TestDb::new().await;
    let log = db.log();
    let (order, stock) = (stream("Order", "o"), stream("Inventory", "s"));
    log.append(&append(vec![events(&stock, 0, 1)]))
        .await
        .expect("appends");
    let late = keyed(
        key("late"),
        vec![events(&order, 0, 1), events(&stock, 0, 1)],
    );
    assert!(matches!(
        log.append(&late).await,
        Err(AppendError::Conflict)
    ));
    assert!(log.load(&order, 0).await.expect("loads").is_empty());
    assert_eq!(db.number("SELECT count(*) FROM events").await, 1);
    assert_eq!(db.number("SELECT count(*) FROM idempotency_keys").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_writers_exactly_one_wins_each_version() {
    const WRITERS: u64 = 64;
    const VERSIONS: u64 = 20;
    let db = TestDb::new().await;
    let log = db.log();
    let hot = stream("Inventory", "hot");
    let race = |writer: u64| {
        let (log, hot) = (&log, &hot);
        async move {
            let mut won = BTreeSet::new();
            for version in 0..VERSIONS {
                let mut attempt = events(hot, version, 1);
                attempt.events = vec![event(writer)];
                match log.append(&append(vec![attempt])).await {
                    Ok(_) => assert!(won.insert(version + 1)),
                    Err(AppendError::Conflict) => {}
                    // Slower than the others: the version before is not there yet.
                    Err(AppendError::Log(LogError::Corrupt { .. })) => break,
                    Err(other) => panic!("{other}"),
                }
            }
            (writer, won)
        }
    };
    let results: BTreeMap<u64, BTreeSet<u64>> =
        join_all((0..WRITERS).map(race)).await.into_iter().collect();
    let stored = log.load(&hot, 0).await.expect("loads");
    assert_eq!(stored.len() as u64, VERSIONS);
    for event in &stored {
        let winners: Vec<&u64> = results
            .iter()
            .filter(|(_, won)| won.contains(&event.sequence))
            .map(|(writer, _)| writer)
            .collect();
        let [winner] = winners[..] else {
            panic!("{} has {winners:?}", event.sequence)
        };
        let payload: serde_json::Value = event.payload.parse().expect("JSON");
        assert_eq!(payload["Happened"]["number"], json!(winner));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_over_the_same_streams_in_any_order_never_deadlock() {
    let db = TestDb::new().await;
    let log = db.log();
    // Between two rows of one append there is time for the rows of another.
    let slow = "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END $$;
                CREATE TRIGGER linger BEFORE INSERT ON events
                    FOR EACH ROW EXECUTE FUNCTION linger()";
    db.pool.execute(slow).await.expect("creates");
    let (a, b) = (stream("Inventory", "a"), stream("Inventory", "b"));
    let race = |writer: usize| {
        let (log, a, b) = (&log, &a, &b);
        async move {
            for version in 0..20 {
                let mut both = vec![events(a, version, 1), events(b, version, 1)];
                if writer.is_multiple_of(2) {
                    both.reverse();
                }
                match log.append(&append(both)).await {
                    Ok(_)
                    | Err(AppendError::Conflict | AppendError::Log(LogError::Corrupt { .. })) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    };
    join_all((0..16).map(race)).await;
    let (a, b) = (
        log.load(&a, 0).await.expect("loads"),
        log.load(&b, 0).await.expect("loads"),
    );
    assert_eq!((a.len(), b.len()), (20, 20));
    // A connection hands in its statistics when it ends.
    db.pool.close().await;
    let deadlocks: i64 = sqlx::query_scalar(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
    )
    .fetch_one(&db.pool_of(1).await)
    .await
    .expect("a number");
    assert_eq!(deadlocks, 0);
}

#[tokio::test]
async fn a_decision_on_an_event_that_is_not_there_leaves_no_gap() {
    let db = TestDb::new().await;
    let log = db.log();
    let (order, other) = (stream("Order", "o"), stream("Order", "other"));
    log.append(&append(vec![events(&order, 0, 2)]))
        .await
        .expect("appends");
    let ahead = keyed(
        key("ahead"),
        vec![events(&order, 3, 1), events(&other, 0, 1)],
    );
    let refused = log.append(&ahead).await.expect_err("a gap");
    assert!(
        matches!(&refused, AppendError::Log(LogError::Corrupt { stream, sequence: 3, .. }) if stream == "Order:o"),
        "{refused:?}"
    );
    assert_eq!(db.number("SELECT count(*) FROM events").await, 2);
    assert_eq!(db.number("SELECT count(*) FROM idempotency_keys").await, 0);
}

#[tokio::test]
async fn a_stream_that_is_named_twice_is_no_silent_loss() {
    let db = TestDb::new().await;
    let log = db.log();
    let order = stream("Order", "o");
    let twice = append(vec![events(&order, 0, 1), events(&order, 0, 1)]);
    assert!(matches!(
        log.append(&twice).await,
        Err(AppendError::Conflict)
    ));
    assert_eq!(db.number("SELECT count(*) FROM events").await, 0);
}

#[tokio::test]
async fn a_key_is_written_with_the_append_and_remembers_its_answer() {
    let db = TestDb::new().await;
    let log = db.log();
    let once = keyed(key("k"), vec![events(&stream("Order", "o"), 0, 1)]);
    assert!(earlier(&log, &key("k").key).await.expect("looks").is_none());
    let position = log.append(&once).await.expect("appends");
    let earlier = earlier(&log, &key("k").key)
        .await
        .expect("looks")
        .expect("is there");
    assert_eq!(
        (earlier.request_hash, earlier.position),
        ([7; 32], position)
    );
    assert_eq!(earlier.output, json!({ "order": "k" }));

    let again = keyed(key("k"), vec![events(&stream("Order", "p"), 0, 1)]);
    assert!(matches!(
        log.append(&again).await,
        Err(AppendError::KeyUsed)
    ));
    assert_eq!(db.number("SELECT count(*) FROM events").await, 1);

    let mut others = key("k");
    others.key.principal = "wallet:0x2".to_owned();
    let others = keyed(others, vec![events(&stream("Order", "p"), 0, 1)]);
    log.append(&others)
        .await
        .expect("another principal has keys of its own");
}

#[tokio::test]
async fn a_key_without_events_remembers_what_was_seen() {
    let db = TestDb::new().await;
    let log = db.log();
    let seen = LogPosition {
        xact_id: 12,
        position: 34,
    };
    let nothing = Append {
        seen,
        ..keyed(key("k"), vec![])
    };
    assert_eq!(log.append(&nothing).await.expect("appends"), seen);
    let earlier = earlier(&log, &key("k").key)
        .await
        .expect("looks")
        .expect("is there");
    assert_eq!(earlier.position, seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_requests_with_one_key_exactly_one_is_carried_out() {
    let db = TestDb::new().await;
    let log = db.log();
    let race = |index: usize| {
        let log = &log;
        async move {
            let order = stream("Order", &index.to_string());
            let once = keyed(key("same"), vec![events(&order, 0, 1)]);
            log.append(&once).await
        }
    };
    let results = join_all((0..32).map(race)).await;
    let used = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::KeyUsed)))
        .count();
    assert_eq!(
        (results.iter().filter(|result| result.is_ok()).count(), used),
        (1, 31)
    );
    assert_eq!(db.number("SELECT count(*) FROM events").await, 1);
}

#[tokio::test]
async fn what_postgres_cannot_store_is_refused_and_leaves_nothing() {
    let db = TestDb::new().await;
    let log = db.log();
    let order = stream("Order", "o");
    let mut bad = events(&order, 0, 2);
    bad.events[1].payload = raw(&json!({ "Happened": { "name": "a\u{0}b" } }));
    let refused = log
        .append(&append(vec![bad]))
        .await
        .expect_err("no NUL in jsonb");
    assert!(
        matches!(refused, AppendError::Refused { .. }),
        "{refused:?}"
    );
    assert_eq!(db.number("SELECT count(*) FROM events").await, 0);
}

#[tokio::test]
async fn decisions_stand_in_the_log_in_their_order_whatever_their_streams() {
    let db = TestDb::new().await;
    let log = db.log();
    let (shop, product) = (stream("Shop", "s"), stream("Product", "p"));
    let group = Append {
        decisions: vec![
            decision(vec![events(&shop, 0, 1)], Some(key("first"))),
            decision(
                vec![events(&product, 0, 1), events(&shop, 1, 1)],
                Some(key("second")),
            ),
            decision(vec![events(&product, 1, 1)], None),
        ],
        ..Append::default()
    };
    let position = log.append(&group).await.expect("appends");
    let stored = read_all(&log, 4).await;
    assert_eq!(
        names(&stored),
        [
            ("Shop:s".into(), 1),
            ("Product:p".into(), 1),
            ("Shop:s".into(), 2),
            ("Product:p".into(), 2)
        ]
    );
    assert_eq!(stored.last().map(|event| event.position), Some(position));
    for name in ["first", "second"] {
        let earlier = earlier(&log, &key(name).key).await.expect("looks");
        assert_eq!(earlier.map(|earlier| earlier.position), Some(position));
    }
}

#[tokio::test]
async fn one_decision_that_comes_too_late_takes_the_whole_group_with_it() {
    let db = TestDb::new().await;
    let log = db.log();
    let (order, stock) = (stream("Order", "o"), stream("Inventory", "s"));
    log.append(&append(vec![events(&stock, 0, 1)]))
        .await
        .expect("appends");
    let group = Append {
        decisions: vec![
            decision(vec![events(&order, 0, 1)], Some(key("in time"))),
            decision(vec![events(&stock, 0, 1)], Some(key("late"))),
        ],
        ..Append::default()
    };
    let refused = log.append(&group).await;
    assert!(matches!(refused, Err(AppendError::Conflict)), "{refused:?}");
    assert_eq!(db.number("SELECT count(*) FROM events").await, 1);
    assert_eq!(db.number("SELECT count(*) FROM idempotency_keys").await, 0);
}

#[tokio::test]
async fn what_was_only_read_must_be_as_it_was() {
    let db = TestDb::new().await;
    let log = db.log();
    let (product, order) = (stream("Product", "p"), stream("Order", "o"));
    let nobody = stream("Shop", "nobody");
    let read = |stream: &StreamName, sequence| StreamVersion {
        stream: stream.clone(),
        sequence,
    };
    let place = |product_at, shop_at| Append {
        unchanged: vec![read(&product, product_at), read(&nobody, shop_at)],
        ..append(vec![events(&order, 0, 1)])
    };
    log.append(&append(vec![events(&product, 0, 2)]))
        .await
        .expect("appends");
    let grown = log.append(&place(1, 0)).await;
    assert!(matches!(grown, Err(AppendError::Conflict)), "{grown:?}");
    // A log that was put back to an older state.
    let missing = log.append(&place(3, 0)).await;
    assert!(
        matches!(
            &missing,
            Err(AppendError::Log(LogError::Corrupt { sequence: 3, .. }))
        ),
        "{missing:?}"
    );
    assert_eq!(db.number("SELECT count(*) FROM events").await, 2);
    // Nothing but the check, as for refusals.
    let check = |at| Append {
        unchanged: vec![read(&product, at)],
        seen: LogPosition {
            xact_id: 7,
            position: 8,
        },
        ..Append::default()
    };
    assert_eq!(
        log.append(&check(2)).await.expect("as it was"),
        check(2).seen
    );
    assert!(matches!(
        log.append(&check(1)).await,
        Err(AppendError::Conflict)
    ));
    assert!(!check(2).has_events() && place(2, 0).has_events());
    log.append(&place(2, 0)).await.expect("as it was");
    assert_eq!(db.number("SELECT count(*) FROM events").await, 3);
}
