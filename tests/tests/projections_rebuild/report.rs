//! What a rebuild makes of a log that stands still, and what it reports.

use std::sync::Mutex;

use gage_application::{
    catch_up::ConsumerError, ports::event_log::LogError, position::LogPosition,
};
use gage_domain::{
    inventory::InventoryEvent, order::OrderEvent, payment::PaymentEvent, payout::PayoutEvent,
    product::ProductEvent, shop::ShopEvent,
};
use gage_projections::{
    name::ProjectionName,
    rebuild::{Difference, Progress, RebuildError, Stage, rebuild},
};

use crate::{story::Story, support::World};

const LIVE: [&str; 4] = ["catalog_v4", "ledger_v1", "orders_v4", "payments_v3"];

/// Three shops with stories in which every event occurs.
async fn world_with_stories() -> World {
    let world = World::new().await;
    for number in 0..3 {
        Story::new(number).play(&*world.log, 400).await;
    }
    world
}

#[tokio::test]
async fn a_rebuilt_read_model_is_the_live_one_byte_by_byte() {
    let world = world_with_stories().await;
    let occurred: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT event_type FROM events ORDER BY 1")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    let mut types = [
        ShopEvent::TYPES,
        ProductEvent::TYPES,
        InventoryEvent::TYPES,
        OrderEvent::TYPES,
        PaymentEvent::TYPES,
        PayoutEvent::TYPES,
    ]
    .concat()
    .into_iter()
    .map(|(name, _)| name.to_owned())
    .collect::<Vec<_>>();
    types.sort();
    assert_eq!(occurred, types, "the stories show every event");

    world.catch_up().await.unwrap();
    let head = world.settle().await;
    for name in ProjectionName::ALL {
        let live = world.dump(name).await;
        let report = world.rebuild(name).await.unwrap();
        assert!(report.identical_to_live(), "{report:?}");
        assert_eq!(world.dump(name).await, live);
        assert_eq!(report.rows, u64::try_from(live.len()).unwrap());
        assert_eq!((report.checkpoint, report.stopped), (head, None));
    }
    assert_eq!(
        world.schemas().await,
        LIVE,
        "neither copies nor old tables stay"
    );
    world.end().await;
}

#[tokio::test]
async fn a_rebuild_without_a_server_goes_to_the_end_of_the_log_and_tells_how_far_it_is() {
    let world = world_with_stories().await;
    let head = world.settle().await;
    let told = Mutex::new(vec![]);
    let tell = |progress| told.lock().unwrap().push(progress);
    let report = rebuild(
        &world.pool,
        world.log.clone(),
        ProjectionName::Orders,
        &tell,
    )
    .await
    .unwrap();
    let told = told.into_inner().unwrap();
    assert_eq!(report.checkpoint, head);
    let concerned: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM events WHERE aggregate_type IN ('Shop', 'Order', 'Payment')",
    )
    .fetch_one(&world.pool)
    .await
    .unwrap();
    assert_eq!(report.events, u64::try_from(concerned).unwrap());
    assert!(report.identical_to_live(), "{report:?}");
    let mut stages: Vec<Stage> = told.iter().map(|progress| progress.stage).collect();
    stages.dedup();
    let expected = [
        Stage::CatchingUp,
        Stage::Filling,
        Stage::Indexing,
        Stage::Comparing,
        Stage::Swapping,
    ];
    assert_eq!(stages, expected);
    assert!(
        told.iter().all(|progress| progress.done <= progress.total),
        "{told:?}"
    );
    let filled: Vec<u64> = told
        .iter()
        .filter(|p| p.stage == Stage::Filling)
        .map(|p| p.done)
        .collect();
    assert!(filled.len() > 1 && filled.is_sorted(), "{filled:?}");
    world.end().await;
}

#[tokio::test]
async fn rows_that_somebody_changed_are_reported_and_repaired() {
    let world = world_with_stories().await;
    world.catch_up().await.unwrap();
    let sound = world.dump(ProjectionName::Catalog).await;
    world.run("UPDATE catalog_v4.stock SET on_hand = on_hand + 1 WHERE sku = (SELECT min(sku::text)::uuid FROM catalog_v4.stock)").await;
    world.run("DELETE FROM catalog_v4.products WHERE id = (SELECT min(id::text)::uuid FROM catalog_v4.products)").await;
    let report = world.rebuild(ProjectionName::Catalog).await.unwrap();
    let expected = [
        Difference {
            table: "products".to_owned(),
            only_live: 0,
            only_copy: 1,
        },
        Difference {
            table: "stock".to_owned(),
            only_live: 1,
            only_copy: 1,
        },
    ];
    assert_eq!(report.differences, expected);
    assert_eq!(world.dump(ProjectionName::Catalog).await, sound);
    world.end().await;
}

#[tokio::test]
async fn a_stopped_read_model_goes_on_after_a_rebuild() {
    let world = world_with_stories().await;
    world.catch_up().await.unwrap();
    // Rows that were lost make the shop's next event impossible.
    world.run("DELETE FROM catalog_v4.products").await;
    let stopped_at = world.settle().await;
    Story::new(7).play(&*world.log, 5).await;
    let mut story = Story::new(8);
    story.play(&*world.log, 5).await;
    world.catch_up().await.unwrap();
    world.run("DELETE FROM catalog_v4.products").await;
    for _ in 0..60 {
        story.step(&*world.log).await;
    }
    let stopped = world.catch_up().await;
    assert!(
        matches!(stopped, Err(ConsumerError::Poison { .. })),
        "{stopped:?}"
    );

    let report = world.rebuild(ProjectionName::Catalog).await.unwrap();
    let (position, reason) = report.stopped.clone().unwrap();
    assert!(
        position > stopped_at && reason.contains("table products"),
        "{reason}"
    );
    assert!(report.checkpoint < position && !report.identical_to_live());
    world.catch_up().await.unwrap();
    assert!(
        world
            .rebuild(ProjectionName::Catalog)
            .await
            .unwrap()
            .identical_to_live()
    );
    world.end().await;
}

#[tokio::test]
async fn what_a_killed_rebuild_left_is_cleared_away() {
    let world = world_with_stories().await;
    world.catch_up().await.unwrap();
    for sql in [
        "CREATE SCHEMA payments_v3_copy",
        "CREATE TABLE payments_v3_copy.payments (order_id uuid)",
        "INSERT INTO projections VALUES ('payments', 3, false, 'payments_v3_copy', 1, 1)",
        "CREATE SCHEMA payments_v3_retired",
    ] {
        world.run(sql).await;
    }
    assert!(
        world
            .rebuild(ProjectionName::Payments)
            .await
            .unwrap()
            .identical_to_live()
    );
    assert_eq!(world.schemas().await, LIVE);
    world.end().await;
}

#[tokio::test]
async fn a_rebuild_that_is_broken_off_leaves_the_live_tables_alone() {
    let world = world_with_stories().await;
    world.catch_up().await.unwrap();
    let live = world.dump(ProjectionName::Orders).await;
    let (pool, log) = (world.pool.clone(), world.log.clone());
    let (filling, mut filled) = tokio::sync::mpsc::unbounded_channel();
    let running = tokio::spawn(async move {
        let tell = |progress: Progress| {
            let _ = filling.send(progress.stage);
        };
        rebuild(&pool, log, ProjectionName::Orders, &tell).await
    });
    while filled.recv().await != Some(Stage::Filling) {}
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!(world.dump(ProjectionName::Orders).await, live);
    // Its locks ended with it, once the server noticed.
    let report = loop {
        match world.rebuild(ProjectionName::Orders).await {
            Err(RebuildError::AlreadyRunning(_)) => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    assert!(report.identical_to_live());
    assert_eq!(world.schemas().await, LIVE);
    world.end().await;
}

#[tokio::test]
async fn an_event_that_nobody_can_read_stops_a_rebuild_and_changes_nothing() {
    let world = World::new().await;
    Story::new(1).play(&*world.log, 50).await;
    world.catch_up().await.unwrap();
    let live = world.dump(ProjectionName::Catalog).await;
    world
        .run(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
             event_version, payload, metadata) SELECT 'Bazaar', aggregate_id, 1, event_type, \
             event_version, payload, metadata FROM events LIMIT 1",
        )
        .await;
    world.settle().await;
    match world.rebuild(ProjectionName::Catalog).await {
        Err(RebuildError::Log(LogError::Corrupt { stream, .. })) => {
            assert!(stream.starts_with("Bazaar:"), "{stream}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.dump(ProjectionName::Catalog).await, live);
    assert_eq!(world.schemas().await, LIVE);
    world.end().await;
}

#[tokio::test]
async fn an_empty_log_rebuilds_to_nothing() {
    let world = World::new().await;
    for name in ProjectionName::ALL {
        let report = world.rebuild(name).await.unwrap();
        assert_eq!((report.events, report.rows), (0, 0));
        assert_eq!(report.checkpoint, LogPosition::START);
        assert!(report.identical_to_live());
    }
    world.end().await;
}
