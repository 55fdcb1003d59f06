//! Migrations, and a log that moved to another cluster.

use futures::future::join_all;
use gage_application::ports::event_log::{AppendError, EventLog, LogError};
use gage_infrastructure::postgres::{DisplacedLog, check_log, migrate};
use sqlx::{Connection, Executor, PgConnection};

use crate::support::{TestDb, append, events, names, read_all, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_may_migrate_at_once() {
    let db = TestDb::empty().await;
    assert!(matches!(
        check_log(&db.pool).await,
        Err(DisplacedLog::Outdated { .. })
    ));
    let runs = join_all((0..4).map(|_| migrate(&db.pool))).await;
    let applied: usize = runs
        .iter()
        .map(|run| run.as_ref().expect("migrates").applied.len())
        .sum();
    let known = db
        .number("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .await;
    assert!(known >= 2);
    assert!(
        i64::try_from(applied).expect("few") >= known,
        "every migration was applied by somebody"
    );
    assert_eq!(migrate(&db.pool).await.expect("migrates").applied, []);
    check_log(&db.pool).await.expect("up to date");
}

/// What a restore into a younger cluster leaves: events of transactions that the cluster has
/// not reached. COPY, which restores use, names all columns.
async fn restore(db: &TestDb) -> i64 {
    let ahead = 5_000_000;
    let insert = format!(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, xact_id)
         SELECT 'Order', 'restored', n, 'Happened', '1.0.0', '{{}}', '{{}}',
                pg_current_xact_id()::text::bigint + {ahead} + n
           FROM generate_series(1, 3) AS n"
    );
    db.pool.execute(&*insert).await.expect("restores");
    db.number("SELECT max(xact_id) FROM events").await
}

#[tokio::test]
async fn a_restored_log_is_neither_read_nor_written_before_it_is_settled() {
    let db = TestDb::new().await;
    let log = db.log();
    restore(&db).await;
    assert!(matches!(
        check_log(&db.pool).await,
        Err(DisplacedLog::Displaced { .. })
    ));
    let read = log
        .read_after(gage_application::position::LogPosition::START, 10, &[])
        .await;
    let Err(LogError::Unavailable { reason }) = read else {
        panic!("{read:?}")
    };
    assert!(reason.contains("gage migrate"), "{reason}");
    let wrote = log
        .append(&append(vec![events(&stream("Order", "new"), 0, 1)]))
        .await;
    assert!(
        matches!(wrote, Err(AppendError::Log(LogError::Unavailable { .. }))),
        "{wrote:?}"
    );
    assert_eq!(db.number("SELECT count(*) FROM events").await, 3);
}

#[tokio::test]
async fn after_migrate_a_restored_log_is_read_whole_and_new_events_come_last() {
    let db = TestDb::new().await;
    let log = db.log();
    let greatest = restore(&db).await;
    let offset = migrate(&db.pool)
        .await
        .expect("migrates")
        .new_offset
        .expect("a new offset");
    assert!(offset > 4_000_000);
    check_log(&db.pool).await.expect("settled");
    assert_eq!(
        migrate(&db.pool).await.expect("migrates").new_offset,
        None,
        "once is enough"
    );

    assert_eq!(read_all(&log, 3).await.len(), 3);
    let position = log
        .append(&append(vec![events(&stream("Order", "new"), 0, 2)]))
        .await
        .expect("appends");
    assert!(position.xact_id > greatest);
    let all = names(&read_all(&log, 5).await);
    assert_eq!(
        all[3..],
        [("Order:new".to_owned(), 1), ("Order:new".to_owned(), 2)]
    );

    // Stock writers get the offset from the column's default.
    let stock = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                 VALUES ('Order', 'stock', 1, 'Happened', '1.0.0', '{}', '{}')";
    db.pool.execute(stock).await.expect("inserts");
    assert_eq!(names(&read_all(&log, 6).await)[5].0, "Order:stock");
}

#[tokio::test]
async fn a_log_of_another_cluster_that_lies_behind_needs_no_offset() {
    let db = TestDb::new().await;
    db.pool
        .execute("UPDATE log_offset SET system_identifier = 1")
        .await
        .expect("updates");
    assert_eq!(migrate(&db.pool).await.expect("migrates").new_offset, None);
    let settled = "SELECT count(*) FROM log_offset o, pg_control_system() c
                    WHERE o.system_identifier = c.system_identifier AND o.value = 0";
    assert_eq!(db.number(settled).await, 1);
}

/// The offset is changed only while nobody writes: a writer with the old offset would end up
/// before a reader that already has the new one.
#[tokio::test]
async fn settling_waits_for_open_appends() {
    let db = TestDb::new().await;
    restore(&db).await;
    let mut writer = PgConnection::connect(&db.url).await.expect("connects");
    let mut open = writer.begin().await.expect("begins");
    let insert = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
                  VALUES ('Order', 'open', 1, 'Happened', '1.0.0', '{}', '{}')";
    open.execute(insert).await.expect("inserts");
    let pool = db.pool.clone();
    let migration = tokio::spawn(async move { migrate(&pool).await });
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                    WHERE c.relname = 'events' AND NOT l.granted
                      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while db.number(waiting).await == 0 {
        assert!(!migration.is_finished(), "it did not wait");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    open.commit().await.expect("commits");
    assert!(
        migration
            .await
            .expect("no panic")
            .expect("migrates")
            .new_offset
            .is_some()
    );
    assert_eq!(read_all(&db.log(), 4).await.len(), 4);
}
