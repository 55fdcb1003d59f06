//! A history that nobody touched.

use gage_application::replay::{Plan, Report};

use crate::world::{World, replayed};

fn told(report: &Report) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_sound_history_is_found_sound_in_one_part_and_in_many() {
    let world = World::new().await;
    world.tell_all().await;
    for orders in [1_000, 2] {
        let plan = Plan { orders, workers: 3 };
        let report = replayed(&world.pool, plan).await;
        assert_eq!(told(&report), Vec::<String>::new());
        assert!(report.agrees() && report.comparing.read > 50);
        assert_eq!(report.parts > 1, orders == 2);
        let streams: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT DISTINCT aggregate_type, aggregate_id FROM events) s",
        )
        .fetch_one(&world.pool)
        .await
        .unwrap();
        assert_eq!(report.streams, streams.unsigned_abs());
    }
    world.end().await;
}

#[tokio::test]
async fn read_models_that_are_behind_are_compared_where_they_stand() {
    let world = World::new().await;
    world.tell_all().await;
    world.place(50, 1).await;
    let order = world.place(51, 1).await;
    world.pay(order).await;
    let report = replayed(&world.pool, Plan::default()).await;
    assert_eq!(told(&report), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn an_empty_log_is_sound() {
    let world = World::new().await;
    for table in ["events", "idempotency_keys"] {
        let sql = format!("ALTER TABLE {table} DISABLE TRIGGER ALL");
        sqlx::query(&sql).execute(&world.pool).await.unwrap();
        let sql = format!("DELETE FROM {table}");
        sqlx::query(&sql).execute(&world.pool).await.unwrap();
    }
    let report = replayed(&world.pool, Plan::default()).await;
    assert_eq!(told(&report), Vec::<String>::new());
    assert_eq!((report.events, report.streams), (0, 0));
    world.end().await;
}
