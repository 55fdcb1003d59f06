//! Many at once, through one replica and through several.

use std::sync::Arc;

use gage_application::{
    gateway::{GatewayError, Refusal},
    operations::place_order::PlaceOrder,
};
use gage_domain::order::Wanted;

use super::support::{BUYER, World, asked_by, keyed, pieces, product, shelf};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buyers_on_two_replicas_never_get_more_than_there_is() {
    let world = World::new().await;
    let replicas = [world.replica(), world.replica()];
    let shelf = shelf(&replicas[0], 50).await;
    let tasks = (0..200).map(|index: usize| {
        let (gateway, order) = (replicas[index % 2].clone(), shelf.order(1));
        tokio::spawn(async move {
            // A busy answer is honest; a customer would press the button again.
            loop {
                match gateway.execute(order.clone(), asked_by(BUYER)).await {
                    Err(GatewayError::Busy { .. }) => {}
                    other => return other,
                }
            }
        })
    });
    let (mut placed, mut sold_out) = (0, 0);
    for result in futures::future::try_join_all(tasks).await.unwrap() {
        match result {
            Ok(_) => placed += 1,
            Err(GatewayError::Refused(Refusal::OutOfStock { available: 0, .. })) => sold_out += 1,
            Err(other) => panic!("neither placed nor refused: {other}"),
        }
    }
    assert_eq!((placed, sold_out), (50, 150));
    let inventory = world.inventory(shelf.product).await;
    assert_eq!(
        (inventory.stock().reserved(), inventory.stock().available()),
        (50, 0)
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_over_the_same_products_in_any_order_never_deadlock() {
    let world = World::new().await;
    let replicas = [world.replica(), world.replica()];
    let shelf = shelf(&replicas[0], 1000).await;
    let second = product(&replicas[0], shelf.shop, 1000).await;
    let tasks = (0..80).map(|index: usize| {
        let gateway = replicas[index % 2].clone();
        let mut order: PlaceOrder = shelf.order(1);
        order.lines.push(Wanted {
            product: second,
            quantity: pieces(1),
        });
        if index.is_multiple_of(3) {
            order.lines.reverse();
        }
        tokio::spawn(async move {
            loop {
                match gateway.execute(order.clone(), asked_by(BUYER)).await {
                    Err(GatewayError::Busy { .. }) => {}
                    other => return other.map(|_| ()),
                }
            }
        })
    });
    for result in futures::future::try_join_all(tasks).await.unwrap() {
        result.unwrap();
    }
    assert_eq!(world.inventory(second).await.stock().reserved(), 80);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_with_one_key_at_once_one_is_carried_out() {
    let world = World::new().await;
    let replicas = [world.replica(), world.replica()];
    let shelf = shelf(&replicas[0], 50).await;
    let order = Arc::new(shelf.order(2));
    let tasks = (0..20).map(|index: usize| {
        let (gateway, order) = (replicas[index % 2].clone(), order.clone());
        tokio::spawn(async move {
            gateway
                .execute(order.as_ref().clone(), keyed(BUYER, "once"))
                .await
        })
    });
    let all: Vec<_> = futures::future::try_join_all(tasks).await.unwrap();
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        all.iter().filter(|committed| !committed.repeated).count(),
        1
    );
    assert!(
        all.iter()
            .all(|committed| committed.position == all[0].position)
    );
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 2);
    world.end().await;
}
