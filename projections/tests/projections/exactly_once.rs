//! Every event is applied exactly once, whatever happens.

use std::{sync::Arc, time::Duration};

use gage_application::{
    catch_up::{Consumed, Consumer, ConsumerError},
    position::LogPosition,
};
use gage_domain::{
    inventory::InventoryEvent, order::OrderEvent, product::ProductEvent, value::BaseUnits,
};
use gage_projections::{
    catalog::{Catalog, CatalogQueries},
    consumer::{self, ProjectionConsumer},
    ledger::Ledger,
    orders::Orders,
    payments::Payments,
    projection::Projection as _,
};
use tokio::{task::JoinSet, time::sleep};

use crate::support::{
    History, TestDb, order_placed, pieces, product_id, product_listed, shop_opened, sku, stretch,
    text,
};

/// A piece of SKU 1 arrives, again and again.
fn arrivals(count: usize) -> History {
    let mut history = History::default();
    for _ in 0..count {
        history.then((
            sku(1),
            InventoryEvent::StockReceived {
                quantity: pieces(1),
            },
        ));
    }
    history
}

async fn on_hand(db: &TestDb) -> u32 {
    CatalogQueries::new(db.pool.clone())
        .stock(sku(1))
        .await
        .unwrap()
        .on_hand
}

#[tokio::test]
async fn a_batch_that_comes_twice_changes_nothing() {
    let db = TestDb::new().await;
    let history = arrivals(3);
    let consumer = ProjectionConsumer::<Catalog>::new(db.pool.clone());
    let first = consumer
        .consume(stretch(LogPosition::START, &history.events))
        .await
        .unwrap();
    assert!(matches!(first, Consumed::Advanced { .. }));
    let again = consumer
        .consume(stretch(LogPosition::START, &history.events))
        .await
        .unwrap();
    assert_eq!(again, Consumed::Superseded);
    assert_eq!(on_hand(&db).await, 3);
}

#[tokio::test]
async fn rows_are_guarded_even_when_the_checkpoint_was_set_back() {
    let db = TestDb::new().await;
    let mut history = arrivals(3);
    history.then(shop_opened(1));
    history.then(product_listed(1, text("커피", "Coffee")));
    history.then((product_id(1), ProductEvent::ProductPublished {}));
    history.then(order_placed(1, 7));
    db.project::<Catalog>(&history).await;
    db.project::<Orders>(&history).await;
    let before = (db.dump("catalog_v4").await, db.dump("orders_v4").await);
    sqlx::query("UPDATE projections SET xact_id = 0, position = 0")
        .execute(&db.pool)
        .await
        .unwrap();
    assert!(
        db.project::<Catalog>(&history).await.is_empty(),
        "nothing changed, so no notice"
    );
    assert!(db.project::<Orders>(&history).await.is_empty());
    assert_eq!(
        (db.dump("catalog_v4").await, db.dump("orders_v4").await),
        before
    );
}

#[tokio::test]
async fn replicas_that_race_apply_each_event_once() {
    let db = TestDb::new().await;
    let history = Arc::new(arrivals(300));
    let mut replicas = JoinSet::new();
    for _ in 0..4 {
        let (pool, history) = (db.pool.clone(), Arc::clone(&history));
        replicas.spawn(async move {
            let consumer = ProjectionConsumer::<Catalog>::new(pool);
            let mut advanced = 0;
            loop {
                let from = consumer.checkpoint().await.unwrap();
                let unseen = history
                    .events
                    .partition_point(|event| event.position <= from);
                let batch: Vec<_> = history.events[unseen..].iter().take(7).cloned().collect();
                if batch.is_empty() {
                    return advanced;
                }
                if let Consumed::Advanced { .. } =
                    consumer.consume(stretch(from, &batch)).await.unwrap()
                {
                    advanced += batch.len();
                }
            }
        });
    }
    let advanced: usize = replicas.join_all().await.into_iter().sum();
    assert_eq!((advanced, on_hand(&db).await), (300, 300));
}

#[tokio::test]
async fn a_crash_between_rows_and_commit_leaves_neither_rows_nor_checkpoint() {
    let db = TestDb::new().await;
    let history = arrivals(2);
    // Somebody holds the row, so that the batch stops after the checkpoint and before the rows.
    db.project::<Catalog>(&history.first(1)).await;
    let mut holder = db.pool.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM catalog_v4.stock FOR UPDATE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let (pool, batch, from) = (
        db.pool.clone(),
        history.events[1..].to_vec(),
        history.events[0].position,
    );
    let stuck = tokio::spawn(async move {
        ProjectionConsumer::<Catalog>::new(pool)
            .consume(stretch(from, &batch))
            .await
    });
    let killed = loop {
        let killed: Option<bool> = sqlx::query_scalar(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock' \
             AND query LIKE 'INSERT INTO stock%'",
        )
        .fetch_optional(&db.pool)
        .await
        .unwrap();
        match killed {
            Some(killed) => break killed,
            None => sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(killed);
    assert!(matches!(
        stuck.await.unwrap(),
        Err(ConsumerError::Unavailable { .. })
    ));
    holder.rollback().await.unwrap();
    assert_eq!(db.checkpoint::<Catalog>().await, from);
    assert_eq!(on_hand(&db).await, 1);
    // And nothing is missing afterwards.
    db.project::<Catalog>(&history).await;
    assert_eq!(on_hand(&db).await, 2);
}

#[tokio::test]
async fn a_poison_event_stops_its_own_read_model_alone() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    let poison = history.then((product_id(9), ProductEvent::ProductPublished {}));
    history.then(order_placed(1, 7));
    let before = db.try_project::<Catalog>(&history).await;
    assert!(matches!(before, Err(ConsumerError::Poison { position, .. }) if position == poison));
    db.project::<Orders>(&history).await;
    assert_eq!(db.checkpoint::<Orders>().await, history.last());
    assert_eq!(db.checkpoint::<Catalog>().await, LogPosition::START);
    db.project::<Catalog>(&history.first(1)).await;
    assert_eq!(
        db.checkpoint::<Catalog>().await,
        history.events[0].position,
        "up to the poison"
    );
}

#[tokio::test]
async fn a_row_that_only_the_database_refuses_is_traced_to_its_event() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(shop_opened(1));
    for number in 1..20 {
        history.then(order_placed(number, 7));
    }
    let (order, mut free) = order_placed(20, 7);
    if let OrderEvent::OrderPlaced { total, .. } = &mut free {
        total.amount = BaseUnits::ZERO;
    }
    let poison = history.then((order, free));
    for number in 21..30 {
        history.then(order_placed(number, 7));
    }
    match db.try_project::<Orders>(&history).await {
        Err(ConsumerError::Poison { position, reason }) => {
            assert_eq!(position, poison);
            assert!(
                reason.contains("table orders") && reason.contains("orders_total_check"),
                "{reason}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(db.checkpoint::<Orders>().await, LogPosition::START);
    db.project::<Orders>(&history.first(20)).await;
    assert_eq!(db.checkpoint::<Orders>().await, history.events[19].position);
}

#[tokio::test]
async fn a_read_model_that_was_not_set_up_says_what_to_do() {
    let db = TestDb::without_read_models().await;
    for consumer in consumer::all(&db.pool) {
        let error = consumer.checkpoint().await.unwrap_err();
        let version = match consumer.name() {
            Catalog::NAME => Catalog::VERSION,
            Orders::NAME => Orders::VERSION,
            Payments::NAME => Payments::VERSION,
            _ => Ledger::VERSION,
        };
        let reason = format!(
            "{} version {version} was not set up: run `gage migrate`",
            consumer.name()
        );
        assert_eq!(error, ConsumerError::Unavailable { reason });
    }
}

#[tokio::test]
async fn a_position_is_reached_when_its_rows_are_there() {
    let db = TestDb::new().await;
    let history = arrivals(2);
    let catalog = CatalogQueries::new(db.pool.clone());
    assert!(catalog.reached(LogPosition::START).await.unwrap());
    db.project::<Catalog>(&history.first(1)).await;
    assert!(catalog.reached(history.events[0].position).await.unwrap());
    assert!(!catalog.reached(history.events[1].position).await.unwrap());
    db.project::<Catalog>(&history).await;
    assert!(catalog.reached(history.events[1].position).await.unwrap());
}
