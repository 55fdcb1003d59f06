//! What is asked of a long log is answered from its indexes.

use gage_application::{
    ports::event_log::{Append, EventLog, IdempotencyEntry, IdempotencyKey, StreamVersion},
    position::LogPosition,
};
use gage_infrastructure::postgres::{PoolOptions, PostgresEventLog, PostgresSnapshots, connect};
use serde_json::{Value, json};
use sqlx::{PgPool, Row};

use crate::support::{TestDb, earlier, events, keyed, latest, stream};

/// Streams of ten events, each with a key.
const ROWS: &str = "
    INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                        payload, metadata)
    SELECT 'Order', 'order ' || i, n, 'Happened', '1.0.0', '{}', '{}'
      FROM generate_series(1, 15000) i, generate_series(1, 10) n;
    INSERT INTO idempotency_keys
    SELECT 'test', 'key ' || i, decode(lpad(to_hex(i), 64, '0'), 'hex'), '{}', 1, i
      FROM generate_series(1, 15000) i;
    INSERT INTO state_snapshots
    SELECT 'Order', 'old order ' || i, 1, 100, 1, 1, '{}' FROM generate_series(1, 15000) i;
    ANALYZE;
";

/// PostgreSQL settles for a plan of a prepared statement with the sixth time.
const TIMES: u64 = 8;

/// How often tables of the log were read whole so far.
async fn read_whole(pool: &PgPool) -> Vec<(String, i64)> {
    let mut db = pool.acquire().await.expect("connects");
    sqlx::query("SELECT pg_stat_force_next_flush()")
        .execute(&mut *db)
        .await
        .expect("flushes");
    sqlx::query_as(
        "SELECT relname::text, seq_scan FROM pg_stat_user_tables
          WHERE relname IN ('events', 'idempotency_keys', 'state_snapshots') ORDER BY 1",
    )
    .fetch_all(&mut *db)
    .await
    .expect("counts")
}

#[tokio::test]
async fn a_long_log_is_never_read_whole_nor_sorted() {
    let db = TestDb::new().await;
    sqlx::raw_sql(ROWS).execute(&db.pool).await.expect("fills");
    let options = PoolOptions {
        max_connections: 1,
        ..PoolOptions::default()
    };
    let pool = connect(&db.url, options).await.expect("connects");
    let log = PostgresEventLog::new(pool.clone());
    let before = read_whole(&pool).await;
    for number in 0..TIMES {
        let name = stream("Order", &format!("order {}", 100 + number));
        assert_eq!(log.load(&name, 4).await.expect("loads").len(), 6);
        let key = IdempotencyKey {
            principal: "test".to_owned(),
            key: format!("another key {number}"),
        };
        let entry = IdempotencyEntry {
            key: key.clone(),
            request_hash: [7; 32],
            output: json!({}),
        };
        let read = StreamVersion {
            stream: stream("Order", "order 7"),
            sequence: 10,
        };
        let next = Append {
            unchanged: vec![read],
            ..keyed(entry, vec![events(&name, 10, 2)])
        };
        log.append(&next).await.expect("appends");
        assert!(earlier(&log, &key).await.expect("asks").is_some());
        let snapshots = PostgresSnapshots::new(pool.clone());
        assert!(latest(&snapshots, &name, 1).await.is_none());
        log.read_after(LogPosition::START, 500, &["Shop"])
            .await
            .expect("reads");
        log.state().await.expect("asks");
    }
    assert_eq!(read_whole(&pool).await, before);

    let reading: String = sqlx::query_scalar(
        "SELECT name FROM pg_prepared_statements WHERE statement ~ '^\\s*SELECT log.displaced'",
    )
    .fetch_one(&pool)
    .await
    .expect("is prepared");
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE {reading}(5, 5, 5000, '{{Shop}}')");
    let plan: Value = sqlx::raw_sql(&explain)
        .fetch_one(&pool)
        .await
        .expect("explains")
        .get(0);
    let plan = plan.to_string();
    assert!(plan.contains("events_log_order"), "{plan}");
    assert!(!plan.contains("\"Sort\""), "{plan}");
    pool.close().await;
}
