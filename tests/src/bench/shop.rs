//! A gateway in this process, on a log of its own: what a server has, without the server.

use std::sync::Arc;

use gage_application::{
    catch_up::{CatchUp, Consumer},
    event::{Decoder, StreamName},
    gateway::{Gateway, GatewayError, Operation, Parts, Request, snapshotter},
    metadata::Actor,
    ports::{
        chain::{PaymentChain, PaymentRail},
        clock::Entropy,
        event_log::{EventLog, IdempotencyKey},
        wake::WakeUps,
    },
    position::LogPosition,
    tail::Tail,
    tree::TreeReader,
};
use gage_domain::{
    decider::Decider, ids::ProductId, ids::SkuId, inventory::Inventory, policy::Policy,
    value::Address,
};
use gage_infrastructure::{
    chain::{EvmRail, LocalKey, Node, RailChain},
    clock::{SystemClock, SystemEntropy},
    postgres::{PoolOptions, PostgresEventLog, PostgresSnapshots, PostgresTree, connect, migrate},
    redis::{RedisStore, RedisWakeUps},
};
use gage_projections::{consumer, setup};
use sqlx::PgPool;
use time::Duration;
use tokio::time::sleep;

use super::load::Verdict;
use crate::{
    database::{Database, required},
    node::CHAIN_ID,
};

/// As the server has it.
const LANES: usize = 3;

/// Whose key signs quotes.
const QUOTE_SIGNER: &str = "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";

/// A migrated database with empty read models, and a gateway on it.
pub struct Shop {
    /// Its connections.
    pub pool: PgPool,
    /// Its log.
    pub log: Arc<PostgresEventLog>,
    /// Its door.
    pub gateway: Arc<Gateway>,
    wake: Arc<dyn WakeUps>,
    database: Database,
}

impl Shop {
    /// A shop whose payments go nowhere.
    pub async fn new() -> Self {
        Self::paid_through(rail(Address::repeat_byte(0xee))).await
    }

    /// A shop with this rail. An order may wait for its payment for a day: a chain whose blocks
    /// are made on demand runs ahead of the clock.
    ///
    /// # Panics
    /// When `PostgreSQL` is away.
    pub async fn paid_through(rail: Arc<dyn PaymentRail>) -> Self {
        let database = Database::new().await;
        let pool = connect(database.url.as_str(), PoolOptions::default())
            .await
            .unwrap();
        migrate(&pool).await.unwrap();
        setup::ensure(&pool).await.unwrap();
        let log = Arc::new(PostgresEventLog::new(pool.clone()));
        let wake = wake_ups();
        let snapshots = Arc::new(PostgresSnapshots::new(pool.clone()));
        let (snapshotter, writing) = snapshotter(snapshots.clone());
        tokio::spawn(writing);
        let (gateway, writing) = Gateway::open(Parts {
            log: log.clone(),
            snapshots,
            snapshotter,
            wake: wake.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            rail,
            policy: Policy {
                payment_window: Duration::days(1),
                ..Policy::default()
            },
            lanes: LANES,
        });
        tokio::spawn(writing);
        Self {
            pool,
            log,
            gateway: Arc::new(gateway),
            wake,
            database,
        }
    }

    /// Drops the database.
    pub async fn end(self) {
        self.pool.close().await;
        self.database.end().await;
    }

    /// Where its database is.
    pub fn url(&self) -> &str {
        self.database.url.as_str()
    }

    /// Events in the log.
    ///
    /// # Panics
    /// When `PostgreSQL` is away.
    pub async fn events(&self) -> u64 {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM events")
            .fetch_one(&self.pool)
            .await
            .unwrap();
        count.unsigned_abs()
    }

    /// Waits until everything that was written can be read: a transaction of whatever kind that
    /// is still open holds readers back.
    ///
    /// # Panics
    /// When `PostgreSQL` is away.
    pub async fn settle(&self) {
        loop {
            let newest: (i64, i64) = sqlx::query_as(
                "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
            )
            .fetch_one(&self.pool)
            .await
            .unwrap();
            let newest = LogPosition {
                xact_id: newest.0,
                position: newest.1,
            };
            if self.log.state().await.unwrap().head == newest {
                return;
            }
            sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// The planner knows a table's size once it was analysed, as the server does by itself
    /// after a while.
    ///
    /// # Panics
    /// When `PostgreSQL` is away.
    pub async fn analyse(&self) {
        sqlx::query("VACUUM ANALYZE")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    /// The loops of all read models.
    pub fn read_models(&self) -> Vec<(&'static str, CatchUp)> {
        let tail = Tail::new(self.log.clone(), self.wake.clone());
        let on_its_loop = |consumer: Arc<dyn Consumer>| {
            let name = consumer.name();
            (name, CatchUp::new(consumer, tail.clone()))
        };
        consumer::all(&self.pool)
            .into_iter()
            .map(on_its_loop)
            .collect()
    }

    /// The loop on which the tree over the log grows.
    pub fn tree(&self) -> CatchUp {
        let tree = PostgresTree::new(self.pool.clone(), Arc::new(SystemEntropy));
        let reader = Arc::new(TreeReader::new(Arc::new(tree)));
        CatchUp::new(reader, Tail::new(self.log.clone(), self.wake.clone()))
    }

    /// What the log says of a product's stock: the events are folded here, and each is checked.
    ///
    /// # Panics
    /// When the log cannot be read, or more was reserved than there was at any event.
    pub async fn stock(&self, product: ProductId) -> Inventory {
        stock(&*self.log, product).await
    }
}

/// What a log says of a product's stock; see [`Shop::stock`].
///
/// # Panics
/// When the log cannot be read, or more was reserved than there was at any event.
pub async fn stock(log: &dyn EventLog, product: ProductId) -> Inventory {
    let name = StreamName::of::<Inventory>(SkuId::from(product));
    let decoder = Decoder::current();
    let events = log.load(&name, 0).await.unwrap();
    let mut inventory = Inventory::default();
    for stored in &events {
        inventory = inventory.evolve(&decoder.event::<Inventory>(stored).unwrap());
        let stock = inventory.stock();
        assert!(
            stock.reserved() <= stock.on_hand(),
            "oversold at {}",
            stored.sequence
        );
    }
    inventory
}

/// Wake-ups as the server has them, on a channel of their own.
fn wake_ups() -> Arc<dyn WakeUps> {
    let prefix = format!("gage-bench-{}:", SystemEntropy.id().simple());
    let store = RedisStore::new(&required("REDIS_URL"), &prefix).unwrap();
    Arc::new(RedisWakeUps::start(store, Arc::new(SystemEntropy)))
}

/// The key that signs quotes.
///
/// # Panics
/// Never: it is well-formed.
pub fn quote_signer() -> LocalKey {
    LocalKey::from_hex(QUOTE_SIGNER).unwrap()
}

/// The real rail to an escrow. Terms and signatures need no node; where gas would be asked for,
/// nobody answers.
///
/// # Panics
/// Never: the URL is well-formed.
pub fn rail(escrow: Address) -> Arc<EvmRail> {
    let chain = RailChain {
        chain: PaymentChain::of_ether(CHAIN_ID, escrow),
        arbiter: Address::ZERO,
        node: Node::new(["http://127.0.0.1:9".parse().unwrap()]).unwrap(),
    };
    Arc::new(EvmRail::new(
        chain,
        [],
        quote_signer(),
        Arc::new(SystemClock),
    ))
}

/// A request as the API makes one: a wallet's, with an idempotency key.
pub fn asked_by(wallet: Address) -> Request {
    let actor = Actor::Wallet(wallet);
    let id = SystemEntropy.id();
    Request {
        idempotency_key: Some(IdempotencyKey {
            principal: actor.to_string(),
            key: id.to_string(),
        }),
        actor,
        correlation_id: id,
        causation_id: id.to_string(),
    }
}

/// Puts an operation to the gateway. Told to come back later, it does, as a client would.
///
/// # Panics
/// When it comes to neither an answer nor a refusal.
pub async fn put<O: Operation + Clone>(
    gateway: &Gateway,
    operation: O,
    request: Request,
) -> Verdict {
    loop {
        match gateway.execute(operation.clone(), request.clone()).await {
            Ok(_) => return Verdict::Accepted,
            Err(GatewayError::Refused(_)) => return Verdict::Refused,
            Err(GatewayError::Busy { retry_after }) => sleep(retry_after).await,
            Err(error) => panic!("{}: {error}", O::NAME),
        }
    }
}
