//! Whatever breaks, and whoever else writes: what was acknowledged is in the log once, what was
//! refused is not, and stock is never oversold.

use std::{collections::BTreeMap, sync::Arc};

use gage_application::{
    event::{Decoder, StreamName},
    gateway::{Gateway, GatewayError, Operation},
    operations::{cancel_order::CancelOrder, place_order::PlaceOrder, receive_stock::ReceiveStock},
    ports::event_log::EventLog,
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, ProductId, ShopId, SkuId},
    inventory::Inventory,
    order::{Order, Phase, Wanted},
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, FileFailurePersistence, TestRunner},
};
use uuid::Uuid;

use super::{
    faulty_log::{Fault, FaultyLog},
    support::{BUYER, OWNER, World, keyed, pieces, product, shelf},
};

const PRODUCTS: usize = 3;

/// Something that someone wants, through one of two replicas.
#[derive(Debug, Clone)]
struct Wish {
    replica: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// Pieces of some products, the same one twice perhaps.
    Order(Vec<(usize, u32)>),
    /// Cancels the order of an earlier wish, if that was one.
    Cancel(usize),
    Receive(usize, u32),
}

fn wish() -> impl Strategy<Value = Wish> {
    let what = prop_oneof![
        6 => vec((0..PRODUCTS, 1_u32..4), 1..4).prop_map(What::Order),
        2 => any::<usize>().prop_map(What::Cancel),
        1 => (0..PRODUCTS, 1_u32..3).prop_map(|(product, count)| What::Receive(product, count)),
    ];
    (0..2_usize, what).prop_map(|(replica, what)| Wish { replica, what })
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let all = [
        Fault::LostBefore,
        Fault::LostAfter,
        Fault::Away,
        Fault::Conflict,
        Fault::Panic,
    ];
    vec(select(all.to_vec()), 0..12)
}

/// What became of a wish in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Told {
    Done,
    Refused,
}

/// Asks until there is an answer, with the same key: as a client does.
async fn insist<O: Operation + Clone>(gateway: &Gateway, operation: O, key: &str) -> Told {
    for _ in 0..200 {
        match gateway.execute(operation.clone(), keyed(BUYER, key)).await {
            Ok(_) => return Told::Done,
            Err(GatewayError::Refused(_)) => return Told::Refused,
            Err(GatewayError::Busy { .. } | GatewayError::Log(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
            Err(other) => panic!("{other}"),
        }
    }
    panic!("no answer to {key}");
}

struct Market {
    shop: ShopId,
    products: Vec<ProductId>,
}

fn order_of(number: usize) -> OrderId {
    OrderId(Uuid::from_u128(number as u128 + 1))
}

impl Market {
    async fn grant(&self, gateway: Arc<Gateway>, number: usize, what: What) -> Told {
        let key = number.to_string();
        match what {
            What::Order(lines) => {
                let wanted = |(product, count): &(usize, u32)| Wanted {
                    product: self.products[*product],
                    quantity: pieces(*count),
                };
                let place = PlaceOrder {
                    order: order_of(number),
                    by: BUYER,
                    shop: self.shop,
                    lines: lines.iter().map(wanted).collect(),
                    seen_prices: Vec::new(),
                    pay_with: None,
                    delivery: None,
                };
                insist(&gateway, place, &key).await
            }
            What::Cancel(of) => {
                let cancel = CancelOrder {
                    order: order_of(of % (number + 1)),
                    by: BUYER,
                };
                insist(&gateway, cancel, &key).await
            }
            What::Receive(product, count) => {
                let receive = ReceiveStock {
                    product: self.products[product],
                    by: OWNER,
                    quantity: pieces(count),
                };
                insist(&gateway, receive, &key).await
            }
        }
    }
}

/// The stock as all of its events make it, checked after each.
async fn stock(log: &dyn EventLog, product: ProductId) -> Inventory {
    let name = StreamName::of::<Inventory>(SkuId::from(product));
    let mut state = Inventory::default();
    for stored in log.load(&name, 0).await.unwrap() {
        state = state.evolve(&Decoder::current().event::<Inventory>(&stored).unwrap());
        let stock = state.stock();
        assert!(
            stock.reserved() <= stock.on_hand(),
            "oversold at {}",
            stored.sequence
        );
    }
    state
}

async fn order(log: &dyn EventLog, id: OrderId) -> Order {
    let stored = log.load(&StreamName::of::<Order>(id), 0).await.unwrap();
    let events = stored
        .iter()
        .map(|stored| Decoder::current().event::<Order>(stored).unwrap());
    events.fold(Order::default(), |state, event| state.evolve(&event))
}

async fn check(wishes: Vec<Wish>, faults: Vec<Fault>) {
    let world = World::new().await;
    let log = FaultyLog::new(world.log());
    let replicas = [world.replica_on(log.clone()), world.replica_on(log.clone())];
    let first = shelf(&replicas[0], 12).await;
    let mut products = vec![first.product];
    while products.len() < PRODUCTS {
        products.push(product(&replicas[0], first.shop, 12).await);
    }
    let market = Arc::new(Market {
        shop: first.shop,
        products,
    });
    log.fail(&faults);
    let tasks = wishes.iter().cloned().enumerate().map(|(number, wish)| {
        let (market, gateway) = (market.clone(), replicas[wish.replica].clone());
        tokio::spawn(async move { market.grant(gateway, number, wish.what).await })
    });
    let told = futures::future::try_join_all(tasks).await.unwrap();

    let mut received = BTreeMap::new();
    let mut reserved: BTreeMap<ProductId, u32> = BTreeMap::new();
    for (number, (wish, told)) in wishes.iter().zip(&told).enumerate() {
        match &wish.what {
            What::Receive(product, count) => {
                *received.entry(market.products[*product]).or_insert(0) += count;
            }
            What::Order(lines) => {
                let order = order(log.as_ref(), order_of(number)).await;
                let placed = order != Order::default();
                assert_eq!(placed, *told == Told::Done, "order {number} was {told:?}");
                if placed && order.phase() == Some(Phase::AwaitingPayment) {
                    for (product, count) in lines {
                        *reserved.entry(market.products[*product]).or_default() += count;
                    }
                }
            }
            What::Cancel(of) => {
                let order = order(log.as_ref(), order_of(of % (number + 1))).await;
                if *told == Told::Done {
                    assert_eq!(
                        order.phase(),
                        Some(Phase::Cancelled),
                        "cancelled by {number}"
                    );
                }
            }
        }
    }
    for product in &market.products {
        let state = stock(log.as_ref(), *product).await;
        let expected = (
            reserved.get(product).copied().unwrap_or_default(),
            12 + received.get(product).copied().unwrap_or_default(),
        );
        assert_eq!(
            (state.stock().reserved(), state.stock().on_hand()),
            expected
        );
    }
    world.end().await;
}

#[test]
fn what_is_acknowledged_is_in_the_log_once_whatever_breaks() {
    let config = Config {
        cases: 24,
        max_shrink_iters: 60,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/gateway/acknowledged.proptest-regressions"
        )))),
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let strategy = (vec(wish(), 1..60), faults());
    TestRunner::new(config)
        .run(&strategy, |(wishes, faults)| {
            runtime.block_on(check(wishes, faults));
            Ok(())
        })
        .unwrap();
}
