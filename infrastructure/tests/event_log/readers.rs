//! Readers never skip what commits late.

use gage_application::{ports::event_log::EventLog, position::LogPosition};
use sqlx::{Connection, PgConnection};
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
        .read_after(before[0].position, 100, &[])
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
        log.read_after(LogPosition::START, 10, &[])
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
        let page = log.read_after(after, 10, &[]).await.expect("reads");
        after = page.events.last().expect("an event").position;
        read.extend(page.events.iter().map(|event| event.sequence));
        ends.push(page.at_end);
    }
    assert_eq!(read, (1..=25).collect::<Vec<u64>>());
    assert_eq!(ends, [false, false, true]);
}

#[tokio::test]
async fn an_empty_log_has_no_head() {
    let db = TestDb::new().await;
    let log = db.log();
    assert_eq!(log.state().await.expect("reads").head, LogPosition::START);
    let page = log
        .read_after(LogPosition::START, 10, &[])
        .await
        .expect("reads");
    assert_eq!((page.events, page.at_end), (vec![], true));
}

#[tokio::test]
async fn events_that_are_not_wanted_are_passed_and_still_count() {
    let db = TestDb::new().await;
    let log = db.log();
    for number in 0..3 {
        let (order, stock) = (
            stream("Order", &number.to_string()),
            stream("Inventory", &number.to_string()),
        );
        let streams = vec![events(&stock, 0, 1), events(&order, 0, 2)];
        log.append(&append(streams)).await.expect("appends");
    }
    let all = read_all(&log, 9).await;

    let some = log
        .read_after(LogPosition::START, 5, &["Order"])
        .await
        .expect("reads");
    assert_eq!(
        names(&some.events),
        [names(&all)[0].clone(), names(&all)[3].clone()]
    );
    assert_eq!((some.end, some.at_end), (all[4].position, false));

    let rest = log
        .read_after(some.end, 5, &["Order", "Inventory"])
        .await
        .expect("reads");
    assert!(rest.events.is_empty());
    assert_eq!((rest.end, rest.at_end), (all[8].position, true));

    let nothing = log.read_after(rest.end, 5, &[]).await.expect("reads");
    assert_eq!((nothing.end, nothing.at_end), (rest.end, true));
}
