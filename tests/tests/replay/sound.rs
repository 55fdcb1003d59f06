//! A history that nobody touched.

use std::collections::BTreeSet;

use gage_application::{
    event::AGGREGATE_TYPES,
    replay::{Plan, Report},
};

use crate::world::{World, follow, replayed};

fn told(report: &Report) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_sound_history_is_found_sound_with_all_orders_in_memory_and_with_few() {
    let world = World::new().await;
    world.tell_all().await;
    // Long after the others came between.
    world.pay(World::order(9)).await;
    follow(&world.pool).await;
    for (orders, workers) in [(1_000, 3), (2, 1)] {
        let plan = Plan { orders, workers };
        let report = replayed(&world.pool, plan).await;
        assert_eq!(told(&report), Vec::<String>::new());
        assert!(report.agrees() && report.comparing.read > 50);
        assert_eq!(report.again > 0, orders == 2, "orders that were read again");
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

/// The golden files are the list of all event types: the domain's own tests see to that.
fn event_types() -> BTreeSet<String> {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/tests/golden");
    let mut types = BTreeSet::new();
    for aggregate in AGGREGATE_TYPES {
        for file in std::fs::read_dir(format!("{golden}/{aggregate}")).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            let (event, _) = file.split_once('-').unwrap();
            types.insert(format!("{aggregate} {event}"));
        }
    }
    types
}

#[tokio::test]
async fn every_event_type_there_is_happens_in_the_history_that_is_replayed() {
    let world = World::new().await;
    world.tell_all().await;
    let happened: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT aggregate_type || ' ' || event_type FROM events")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let happened: BTreeSet<String> = happened.into_iter().collect();
    let missing: Vec<String> = event_types().difference(&happened).cloned().collect();
    assert_eq!(missing, Vec::<String>::new());
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
