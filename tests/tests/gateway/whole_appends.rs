//! What an operation decides is written whole, or not at all.

use gage_application::{
    operations::{cancel_order::CancelOrder, place_order::PlaceOrder, reject_order::RejectOrder},
    ports::snapshot::Snapshots,
};
use gage_domain::{decider::Decider, ids::SkuId, inventory::Inventory, order::Wanted};
use gage_infrastructure::postgres::PostgresSnapshots;

use super::support::{
    BUYER, OWNER, World, asked_by, done, eventually, pieces, product, refused, shelf,
};

#[tokio::test]
async fn placing_writes_order_reservations_and_payment_request_in_one_transaction() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 10).await;
    let second = product(&gateway, shelf.shop, 10).await;
    let mut order = shelf.order(2);
    order.lines.push(Wanted {
        product: second,
        quantity: pieces(3),
    });
    let placed = done(&gateway, order.clone()).await;
    let types: Vec<(String, i64)> = sqlx::query_as(
        "SELECT event_type, xact_id FROM events WHERE xact_id = $1 ORDER BY event_type",
    )
    .bind(placed.position.xact_id)
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let types: Vec<&str> = types.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        types,
        [
            "OrderPlaced",
            "PaymentRequested",
            "StockReserved",
            "StockReserved"
        ]
    );
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 2);
    assert_eq!(world.inventory(second).await.stock().reserved(), 3);
    world.end().await;
}

#[tokio::test]
async fn an_order_of_which_one_line_is_out_of_stock_writes_nothing() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 10).await;
    let scarce = product(&gateway, shelf.shop, 1).await;
    let before = world.events().await;
    let mut order = shelf.order(2);
    order.lines.push(Wanted {
        product: scarce,
        quantity: pieces(2),
    });
    refused(&gateway, order).await;
    assert_eq!(world.events().await, before);
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 0);
    world.end().await;
}

#[tokio::test]
async fn lines_of_the_same_product_are_summed() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 10).await;
    let mut order: PlaceOrder = shelf.order(2);
    order.lines.push(Wanted {
        product: shelf.product,
        quantity: pieces(3),
    });
    done(&gateway, order).await;
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 5);
    world.end().await;
}

#[tokio::test]
async fn cancelling_and_rejecting_give_the_stock_back_once() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 10).await;
    let (first, second) = (shelf.order(2), shelf.order(3));
    done(&gateway, first.clone()).await;
    done(&gateway, second.clone()).await;
    let cancel = CancelOrder {
        order: first.order,
        by: BUYER,
    };
    gateway
        .execute(cancel.clone(), asked_by(BUYER))
        .await
        .unwrap();
    let reject = RejectOrder {
        order: second.order,
        by: OWNER,
        reason: "closed on Mondays".to_owned(),
    };
    done(&gateway, reject.clone()).await;
    let written = world.events().await;
    // Asked again, they are done already: no event, no second release.
    gateway
        .execute(cancel.clone(), asked_by(BUYER))
        .await
        .unwrap();
    done(&gateway, reject).await;
    assert_eq!(world.events().await, written);
    let inventory = world.inventory(shelf.product).await;
    assert_eq!(
        (inventory.stock().reserved(), inventory.stock().available()),
        (0, 10)
    );
    world.end().await;
}

#[tokio::test]
async fn a_long_stream_is_read_from_its_snapshot_and_decides_the_same() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 130).await;
    for _ in 0..120 {
        done(&gateway, shelf.order(1)).await;
    }
    let snapshots = PostgresSnapshots::new(world.pool.clone());
    let stream = gage_application::event::StreamName::of::<Inventory>(SkuId::from(shelf.product));
    eventually("a snapshot", async || {
        snapshots
            .latest_many(&[(stream.clone(), Inventory::STATE_VERSION)])
            .await
            .unwrap()
            .iter()
            .all(Option::is_some)
    })
    .await;
    // The snapshot is used: without the events before it the stream could not be folded alone.
    done(&gateway, shelf.order(10)).await;
    refused(&gateway, shelf.order(1)).await;
    assert_eq!(world.inventory(shelf.product).await.stock().available(), 0);
    world.end().await;
}
