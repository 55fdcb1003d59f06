//! A gateway on a database of its own, and people who use it.

use std::{sync::Arc, time::Duration};

use gage_application::{
    event::{Decoder, StreamName},
    gateway::{Committed, Gateway, GatewayError, Operation, Parts, Refusal, Request, snapshotter},
    metadata::Actor,
    operations::{
        change_price::ChangePrice, list_product::ListProduct, open_shop::OpenShop,
        place_order::PlaceOrder, publish_product::PublishProduct, receive_stock::ReceiveStock,
    },
    ports::{
        chain::PaymentChain,
        clock::Clock,
        event_log::{EventLog, IdempotencyKey},
        snapshot::Snapshots,
        wake::{Notice, WakeUps},
    },
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, ProductId, ShopId, SkuId},
    inventory::Inventory,
    order::Wanted,
    policy::Policy,
    text::LocalizedText,
    value::{Address, Asset, BaseUnits, Price, Quantity},
};
use gage_infrastructure::{
    chain::{EvmRail, LocalKey, Node, RailChain},
    clock::SystemEntropy,
    postgres::{PoolOptions, PostgresEventLog, PostgresSnapshots, connect, migrate},
};
use sqlx::PgPool;
use time::OffsetDateTime;
use tokio::sync::broadcast;
use uuid::Uuid;

/// Wake-ups within the test only.
pub(crate) struct LocalWakeUps(broadcast::Sender<Notice>);

impl Default for LocalWakeUps {
    fn default() -> Self {
        Self(broadcast::channel(64).0)
    }
}

impl WakeUps for LocalWakeUps {
    fn notify(&self, notice: Notice) {
        // Nobody listening is fine.
        let _ = self.0.send(notice);
    }

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

/// A clock that stands where the test puts it.
pub(crate) struct StandingClock;

impl Clock for StandingClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000)
    }
}

/// A database of its own.
pub(crate) struct World {
    pub(crate) pool: PgPool,
    admin: PgPool,
    name: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is not set: run script/test");
        let admin = connect(
            &url,
            PoolOptions {
                max_connections: 1,
                ..PoolOptions::default()
            },
        )
        .await
        .expect("PostgreSQL");
        let name = format!("gage_gateway_{}", Uuid::new_v4().simple());
        sqlx::query(&format!("CREATE DATABASE {name}"))
            .execute(&admin)
            .await
            .unwrap();
        let mut own = url::Url::parse(&url).unwrap();
        own.set_path(&name);
        let options = PoolOptions {
            max_connections: 12,
            ..PoolOptions::default()
        };
        let pool = connect(own.as_str(), options).await.unwrap();
        migrate(&pool).await.unwrap();
        Self { pool, admin, name }
    }

    pub(crate) async fn end(self) {
        self.pool.close().await;
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        sqlx::query(&drop).execute(&self.admin).await.unwrap();
    }

    pub(crate) fn log(&self) -> Arc<dyn EventLog> {
        Arc::new(PostgresEventLog::new(self.pool.clone()))
    }

    /// A gateway as one replica has it.
    pub(crate) fn replica(&self) -> Arc<Gateway> {
        self.replica_on(self.log())
    }

    pub(crate) fn replica_on(&self, log: Arc<dyn EventLog>) -> Arc<Gateway> {
        let (gateway, writing) = Gateway::open(self.parts(log));
        tokio::spawn(writing);
        Arc::new(gateway)
    }

    /// What a gateway stands on.
    pub(crate) fn parts(&self, log: Arc<dyn EventLog>) -> Parts {
        let snapshots: Arc<dyn Snapshots> = Arc::new(PostgresSnapshots::new(self.pool.clone()));
        let (handle, task) = snapshotter(snapshots.clone());
        tokio::spawn(task);
        Parts {
            log,
            snapshots,
            snapshotter: handle,
            wake: Arc::new(LocalWakeUps::default()),
            clock: Arc::new(StandingClock),
            entropy: Arc::new(SystemEntropy),
            rail: rail(),
            policy: Policy::default(),
            lanes: 2,
        }
    }

    pub(crate) async fn events(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM events")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    pub(crate) async fn inventory(&self, product: ProductId) -> Inventory {
        self.state::<Inventory>(SkuId::from(product)).await
    }

    /// An aggregate as its history has it.
    pub(crate) async fn state<D: Decider>(&self, id: D::Id) -> D {
        let name = StreamName::of::<D>(id);
        let decoder = Decoder::current();
        let stored = self.log().load(&name, 0).await.unwrap();
        stored.iter().fold(D::default(), |state, event| {
            state.evolve(&decoder.event::<D>(event).unwrap())
        })
    }
}

/// The real rail. Terms are computed without a node, so none has to run.
fn rail() -> Arc<EvmRail> {
    let chain = RailChain {
        chain: PaymentChain::of_ether(CHAIN_ID, Address::repeat_byte(0xee)),
        arbiter: Address::ZERO,
        node: Node::new(["http://127.0.0.1:9".parse().unwrap()]).unwrap(),
    };
    let signer = LocalKey::from_hex(&"42".repeat(32)).unwrap();
    Arc::new(EvmRail::new(chain, [], signer, Arc::new(StandingClock)))
}

/// The only chain.
pub(crate) const CHAIN_ID: u64 = 1337;
pub(crate) const OWNER: Address = Address::repeat_byte(0x0a);
pub(crate) const BUYER: Address = Address::repeat_byte(0x0b);

pub(crate) fn ether(amount: u64) -> Price {
    let asset = Asset {
        chain_id: CHAIN_ID,
        token: Address::ZERO,
    };
    Price::token(asset, BaseUnits::from(amount))
}

pub(crate) fn pieces(count: u32) -> Quantity {
    Quantity::try_from(count).unwrap()
}

pub(crate) fn named(en: &str) -> LocalizedText {
    LocalizedText::new(None, Some(en.to_owned()))
}

pub(crate) fn asked_by(wallet: Address) -> Request {
    let id = Uuid::new_v4();
    Request {
        actor: Actor::Wallet(wallet),
        correlation_id: id,
        causation_id: id.to_string(),
        idempotency_key: None,
    }
}

pub(crate) fn keyed(wallet: Address, key: &str) -> Request {
    let actor = Actor::Wallet(wallet);
    let key = IdempotencyKey {
        principal: actor.to_string(),
        key: key.to_owned(),
    };
    Request {
        idempotency_key: Some(key),
        ..asked_by(wallet)
    }
}

pub(crate) async fn done<O: Operation>(gateway: &Gateway, operation: O) -> Committed<O::Output> {
    gateway.execute(operation, asked_by(OWNER)).await.unwrap()
}

pub(crate) async fn refused<O: Operation>(gateway: &Gateway, operation: O) -> Refusal
where
    O::Output: std::fmt::Debug,
{
    match gateway
        .execute(operation, asked_by(BUYER))
        .await
        .unwrap_err()
    {
        GatewayError::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other}"),
    }
}

/// A shop with one product on sale.
pub(crate) struct Shelf {
    pub(crate) shop: ShopId,
    pub(crate) product: ProductId,
}

/// Opens a shop that sells `stock` pieces for 5 wei each.
pub(crate) async fn shelf(gateway: &Gateway, stock: u32) -> Shelf {
    let shop = ShopId(Uuid::new_v4());
    let open = OpenShop {
        shop,
        by: OWNER,
        name: named("Shop"),
        payout: OWNER,
    };
    done(gateway, open).await;
    let product = product(gateway, shop, stock).await;
    Shelf { shop, product }
}

pub(crate) async fn product(gateway: &Gateway, shop: ShopId, stock: u32) -> ProductId {
    let product = ProductId(Uuid::new_v4());
    done(
        gateway,
        ListProduct {
            product,
            by: OWNER,
            shop,
            name: named("Tea"),
            description: LocalizedText::default(),
            price: None,
        },
    )
    .await;
    done(
        gateway,
        ChangePrice {
            product,
            by: OWNER,
            price: ether(5),
        },
    )
    .await;
    done(gateway, PublishProduct { product, by: OWNER }).await;
    if stock > 0 {
        done(
            gateway,
            ReceiveStock {
                product,
                by: OWNER,
                quantity: pieces(stock),
            },
        )
        .await;
    }
    product
}

impl Shelf {
    pub(crate) fn order(&self, quantity: u32) -> PlaceOrder {
        PlaceOrder {
            order: OrderId(Uuid::new_v4()),
            by: BUYER,
            shop: self.shop,
            lines: vec![Wanted {
                product: self.product,
                quantity: pieces(quantity),
            }],
            seen_prices: Vec::new(),
            pay_with: None,
            delivery: None,
        }
    }
}

/// Waits, with a bound, until something holds.
pub(crate) async fn eventually<F: AsyncFn() -> bool>(what: &str, holds: F) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never came: {what}");
}
