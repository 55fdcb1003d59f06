//! The same request again, and the same key for another.

use gage_application::{
    gateway::GatewayError,
    operations::{adjust_stock::AdjustStock, receive_stock::ReceiveStock},
};

use super::support::{BUYER, OWNER, World, keyed, pieces, shelf};

#[tokio::test]
async fn the_same_key_with_the_same_request_is_answered_again_and_done_once() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 0).await;
    let receive = ReceiveStock {
        product: shelf.product,
        by: OWNER,
        quantity: pieces(7),
    };
    let first = gateway
        .execute(receive.clone(), keyed(OWNER, "delivery 1"))
        .await
        .unwrap();
    // After a restart too: the key stands in the log's database.
    let again = world
        .replica()
        .execute(receive.clone(), keyed(OWNER, "delivery 1"))
        .await
        .unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(
        (first.output, first.position),
        (again.output, again.position)
    );
    assert_eq!(world.inventory(shelf.product).await.stock().on_hand(), 7);
    world.end().await;
}

#[tokio::test]
async fn the_same_key_with_another_request_is_an_error_and_writes_nothing() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 0).await;
    let receive = ReceiveStock {
        product: shelf.product,
        by: OWNER,
        quantity: pieces(7),
    };
    gateway
        .execute(receive.clone(), keyed(OWNER, "delivery 1"))
        .await
        .unwrap();
    let before = world.events().await;
    let more = ReceiveStock {
        quantity: pieces(8),
        ..receive
    };
    let error = gateway
        .execute(more.clone(), keyed(OWNER, "delivery 1"))
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::KeyReused), "{error}");
    // Another operation with arguments of the same shape is another request too.
    let adjust = AdjustStock {
        product: shelf.product,
        by: OWNER,
        delta: -1,
        reason: "broken".to_owned(),
    };
    let error = gateway
        .execute(adjust.clone(), keyed(OWNER, "delivery 1"))
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::KeyReused), "{error}");
    assert_eq!(world.events().await, before);
    world.end().await;
}

#[tokio::test]
async fn two_people_may_use_the_same_key() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 5).await;
    gateway
        .execute(shelf.order(1), keyed(BUYER, "1"))
        .await
        .unwrap();
    let mut other = shelf.order(1);
    other.by = OWNER;
    let committed = gateway
        .execute(other.clone(), keyed(OWNER, "1"))
        .await
        .unwrap();
    assert!(!committed.repeated);
    world.end().await;
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new().await;
    let gateway = world.replica();
    let shelf = shelf(&gateway, 0).await;
    let order = shelf.order(1);
    gateway
        .execute(order.clone(), keyed(BUYER, "1"))
        .await
        .unwrap_err();
    let receive = ReceiveStock {
        product: shelf.product,
        by: OWNER,
        quantity: pieces(1),
    };
    gateway
        .execute(receive.clone(), keyed(OWNER, "1"))
        .await
        .unwrap();
    let committed = gateway
        .execute(order.clone(), keyed(BUYER, "1"))
        .await
        .unwrap();
    assert!(!committed.repeated);
    world.end().await;
}
