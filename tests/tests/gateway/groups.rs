//! Commands that are committed together touch each other no more than if each were alone.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use gage_application::{
    gateway::{Gateway, GatewayError, Operation, Refusal, Unit, UnitError},
    operations::{change_price::ChangePrice, receive_stock::ReceiveStock},
    ports::event_log::LogError,
};
use gage_domain::{
    ids::{ProductId, SkuId},
    inventory::{Inventory, InventoryCommand},
};
use serde::Serialize;
use tokio::task::JoinHandle;

use super::{
    faulty_log::{Fault, FaultyLog},
    support::{
        BUYER, OWNER, Shelf, World, asked_by, done, ether, eventually, keyed, pieces, refused,
        shelf,
    },
};

/// A world whose appends can be held, with a shelf in it.
struct Held {
    world: World,
    log: Arc<FaultyLog>,
    gateway: Arc<Gateway>,
    shelf: Shelf,
}

impl Held {
    async fn new(stock: u32) -> Self {
        let world = World::new().await;
        let log = FaultyLog::new(world.log());
        let gateway = world.replica_on(log.clone());
        let shelf = shelf(&gateway, stock).await;
        Self {
            world,
            log,
            gateway,
            shelf,
        }
    }

    /// Makes one append wait with an order in it, so that what comes now and wants the same stock
    /// becomes one group. Everything is decided when this returns and `release` is called.
    async fn hold(&self) -> JoinHandle<Result<(), GatewayError>> {
        self.log.hold();
        let before = self.log.appends.load(Ordering::SeqCst);
        let first = self.place(1, "first");
        eventually("an append", async || {
            self.log.appends.load(Ordering::SeqCst) > before
        })
        .await;
        first
    }

    fn place(&self, quantity: u32, key: &str) -> JoinHandle<Result<(), GatewayError>> {
        self.send(self.shelf.order(quantity), key)
    }

    fn send<O: Operation>(&self, operation: O, key: &str) -> JoinHandle<Result<(), GatewayError>> {
        let (gateway, request) = (self.gateway.clone(), keyed(BUYER, key));
        tokio::spawn(async move { gateway.execute(operation, request).await.map(|_| ()) })
    }

    /// Lets appends through once everything that was sent waits.
    async fn release(&self) {
        tokio::time::sleep(Duration::from_millis(200)).await;
        self.log.open();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_that_wait_for_one_stream_are_committed_together() {
    let held = Held::new(100).await;
    let first = held.hold().await;
    let before = held.log.appends.load(Ordering::SeqCst);
    let orders: Vec<_> = (0..60)
        .map(|index| held.place(1, &index.to_string()))
        .collect();
    held.release().await;
    first.await.unwrap().unwrap();
    for order in orders {
        order.await.unwrap().unwrap();
    }
    let appends = held.log.appends.load(Ordering::SeqCst) - before;
    assert!(appends <= 3, "60 orders took {appends} appends");
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(inventory.stock().reserved(), 61);
    held.world.end().await;
}

/// Stops in the middle, after it decided something.
#[derive(Serialize)]
struct Panics(ProductId);

impl Operation for Panics {
    const NAME: &'static str = "panics";
    type Output = ();

    fn run(&self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        let quantity = pieces(1000);
        unit.decide::<Inventory>(SkuId::from(self.0), &InventoryCommand::Receive { quantity })?;
        panic!("a mistake in the program, made for a test")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_and_a_panic_touch_no_other_of_the_group() {
    let held = Held::new(6).await;
    let first = held.hold().await;
    let orders: Vec<_> = (0..4)
        .map(|index| held.place(2, &format!("order {index}")))
        .collect();
    let panics = held.send(Panics(held.shelf.product), "panics");
    held.release().await;
    first.await.unwrap().unwrap();
    let (mut placed, mut refused) = (0, 0);
    for order in orders {
        match order.await.unwrap() {
            Ok(()) => placed += 1,
            Err(GatewayError::Refused(Refusal::OutOfStock { available: 1, .. })) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!((placed, refused), (2, 2));
    let panicked = panics.await.unwrap().unwrap_err();
    assert!(
        matches!(panicked, GatewayError::Log(LogError::Unavailable { .. })),
        "{panicked}"
    );
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(
        (inventory.stock().reserved(), inventory.stock().on_hand()),
        (5, 6)
    );
    held.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_group_that_the_database_refuses_only_the_one_to_blame_fails() {
    let held = Held::new(100).await;
    let first = held.hold().await;
    let orders: Vec<_> = (0..30)
        .map(|index| held.place(1, &format!("order {index}")))
        .collect();
    // PostgreSQL stores no NUL in JSON; nothing of ours lets one through to here.
    let mut request = asked_by(BUYER);
    request.causation_id = "a\0b".to_owned();
    let (gateway, order) = (held.gateway.clone(), held.shelf.order(1));
    let bad = tokio::spawn(async move { gateway.execute(order, request).await });
    held.release().await;
    first.await.unwrap().unwrap();
    for order in orders {
        order.await.unwrap().unwrap();
    }
    let error = bad.await.unwrap().unwrap_err();
    assert!(matches!(error, GatewayError::Log(_)), "{error}");
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(inventory.stock().reserved(), 31);
    held.world.end().await;
}

/// Keys that another replica wrote are found by the append alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_group_with_used_keys_those_are_answered_and_the_others_done() {
    let held = Held::new(100).await;
    let other = held.world.replica();
    let product = held.shelf.product;
    let price = move |amount| ChangePrice {
        product,
        by: OWNER,
        price: ether(amount),
    };
    let used = keyed(BUYER, "used elsewhere");
    let repeated = held.shelf.order(2);
    other.execute(repeated.clone(), used.clone()).await.unwrap();
    other
        .execute(price(2), keyed(OWNER, "price"))
        .await
        .unwrap();
    other
        .execute(price(1), keyed(OWNER, "price again"))
        .await
        .unwrap();
    let first = held.hold().await;
    let orders: Vec<_> = (0..20)
        .map(|index| held.place(1, &format!("order {index}")))
        .collect();
    let gateway = held.gateway.clone();
    let again = tokio::spawn(async move { gateway.execute(repeated, used).await });
    let gateway = held.gateway.clone();
    let by_another_name =
        tokio::spawn(async move { gateway.execute(price(3), keyed(OWNER, "price")).await });
    held.release().await;
    first.await.unwrap().unwrap();
    for order in orders {
        order.await.unwrap().unwrap();
    }
    assert!(again.await.unwrap().unwrap().repeated);
    let error = by_another_name.await.unwrap().unwrap_err();
    assert!(matches!(error, GatewayError::KeyReused), "{error}");
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(inventory.stock().reserved(), 2 + 1 + 20);
    held.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_group_whose_connection_is_lost_is_answered_by_its_keys() {
    let held = Held::new(100).await;
    let first = held.hold().await;
    let orders: Vec<_> = (0..20)
        .map(|index| held.place(1, &format!("order {index}")))
        .collect();
    // The first append is that of the order which made the others wait.
    held.log.fail(&[Fault::LostAfter, Fault::LostAfter]);
    held.release().await;
    first.await.unwrap().unwrap();
    for order in orders {
        order.await.unwrap().unwrap();
    }
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(inventory.stock().reserved(), 21);
    held.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_the_bound_the_gateway_says_that_it_is_busy_and_loses_nothing() {
    const SENT: u32 = 8_400;
    let held = Held::new(20_000).await;
    let first = held.hold().await;
    let orders: Vec<_> = (0..SENT)
        .map(|index| held.place(1, &format!("order {index}")))
        .collect();
    held.release().await;
    first.await.unwrap().unwrap();
    let (mut placed, mut busy) = (0, 0);
    for order in orders {
        match order.await.unwrap() {
            Ok(()) => placed += 1,
            Err(GatewayError::Busy { retry_after }) => {
                assert!(!retry_after.is_zero());
                busy += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(placed + busy, SENT);
    assert!(busy > 0, "the bound was never reached");
    let inventory = held.world.inventory(held.shelf.product).await;
    assert_eq!(inventory.stock().reserved(), placed + 1);
    held.world.end().await;
}

#[tokio::test]
async fn what_another_replica_wrote_is_seen_by_refusals_too() {
    let world = World::new().await;
    let (here, there) = (world.replica(), world.replica());
    let shelf = shelf(&here, 1).await;
    done(&here, shelf.order(1)).await;
    refused(&here, shelf.order(1)).await;
    // Here the last piece is known to be gone; there more are received.
    let receive = ReceiveStock {
        product: shelf.product,
        by: OWNER,
        quantity: pieces(1),
    };
    done(&there, receive).await;
    done(&here, shelf.order(1)).await;
    // Here the price is known; there it is changed.
    let change = ChangePrice {
        product: shelf.product,
        by: OWNER,
        price: ether(9),
    };
    done(&there, change).await;
    let mut order = shelf.order(1);
    order.seen_prices = vec![(shelf.product, ether(5))];
    assert_eq!(
        refused(&here, order).await,
        Refusal::PriceChanged {
            product: shelf.product,
            seen: ether(5),
            now: ether(9)
        }
    );
    world.end().await;
}

#[tokio::test]
async fn the_gateway_ends_when_everyone_is_answered() {
    let world = World::new().await;
    let (gateway, writing) = Gateway::open(world.parts(world.log()));
    let writing = tokio::spawn(writing);
    let gateway = Arc::new(gateway);
    let shelf = shelf(&gateway, 5).await;
    let (last, order) = (gateway.clone(), shelf.order(1));
    let last = tokio::spawn(async move { last.execute(order, asked_by(BUYER)).await });
    drop(gateway);
    last.await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(10), writing)
        .await
        .expect("it ends")
        .unwrap();
    world.end().await;
}
