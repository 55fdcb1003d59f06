//! Connections that are lost at the worst moments.

use gage_application::ports::event_log::{
    AppendError, EventLog, IdempotencyEntry, IdempotencyKey, LogError,
};
use gage_infrastructure::postgres::{ConnectError, PoolOptions, PostgresEventLog, connect};
use serde_json::json;
use std::time::Duration;

use crate::support::{TestDb, append, earlier, events, keyed, proxy::Proxy, stream};

fn options() -> PoolOptions {
    PoolOptions {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(3),
        ..PoolOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_is_cut_anywhere_is_an_error() {
    let db = TestDb::new().await;
    let ours = stream("Order", "o");
    db.log()
        .append(&append(vec![events(&ours, 0, 400)]))
        .await
        .expect("appends");
    let proxy = Proxy::before(&db.url).await;
    let log = PostgresEventLog::new(
        connect(&proxy.url(&db.url), options())
            .await
            .expect("connects"),
    );
    let mut errors = 0;
    for cut in [1, 200, 5_000, 20_000, 50_000, 90_000] {
        proxy.open();
        assert_eq!(log.load(&ours, 0).await.expect("whole").len(), 400);
        proxy.cut_after(cut);
        match log.load(&ours, 0).await {
            Err(LogError::Unavailable { .. }) => errors += 1,
            other => panic!(
                "cut after {cut} bytes: {:?}",
                other.map(|events| events.len())
            ),
        }
    }
    assert_eq!(errors, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_answer_is_lost_is_of_unknown_outcome_and_its_key_tells() {
    let db = TestDb::new().await;
    let proxy = Proxy::before(&db.url).await;
    let pool = connect(&proxy.url(&db.url), options())
        .await
        .expect("connects");
    let log = PostgresEventLog::new(pool.clone());
    let warm = append(vec![events(&stream("Order", "warm"), 0, 1)]);
    log.append(&warm).await.expect("appends");
    // The pool asks a connection that comes back whether it lives; that is not to be cut.
    while pool.num_idle() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    let key = IdempotencyKey {
        principal: "wallet:0x1".to_owned(),
        key: "k".to_owned(),
    };
    let entry = IdempotencyEntry {
        key: key.clone(),
        request_hash: [1; 32],
        output: json!(1),
    };
    let lost = keyed(entry, vec![events(&stream("Order", "o"), 0, 1)]);
    // The request reaches the server; its answer does not reach us.
    proxy.cut_after(0);
    let outcome = log.append(&lost).await;
    assert!(
        matches!(outcome, Err(AppendError::OutcomeUnknown { .. })),
        "{outcome:?}"
    );
    proxy.open();
    let mut found = None;
    for _ in 0..100 {
        found = earlier(&log, &key).await.expect("looks");
        if found.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        found.expect("it was written after all").request_hash,
        [1; 32]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_without_a_connection_wrote_nothing_for_sure() {
    let db = TestDb::new().await;
    let pool = db.pool_of(1).await;
    let log = PostgresEventLog::new(pool.clone());
    pool.close().await;
    let outcome = log
        .append(&append(vec![events(&stream("Order", "o"), 0, 1)]))
        .await;
    assert!(
        matches!(outcome, Err(AppendError::Log(LogError::Unavailable { .. }))),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_bad_url_and_an_absent_server_are_told_apart_without_showing_the_password() {
    let quick = PoolOptions {
        acquire_timeout: Duration::from_millis(300),
        ..options()
    };
    let bad = connect("not a url with hunter2", quick)
        .await
        .expect_err("no URL");
    assert!(matches!(bad, ConnectError::InvalidUrl(_)), "{bad}");
    let absent = connect("postgres://u:hunter2@127.0.0.1:1/x", quick)
        .await
        .expect_err("nobody");
    assert!(matches!(absent, ConnectError::Unreachable(_)), "{absent}");
    for error in [bad, absent] {
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn every_connection_has_its_limits_and_compiles_no_statements() {
    let db = TestDb::new().await;
    for (setting, expected) in [
        ("jit", "off"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ] {
        let found: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&db.pool)
            .await
            .expect("is set");
        assert_eq!(found, expected, "{setting}");
    }
}
