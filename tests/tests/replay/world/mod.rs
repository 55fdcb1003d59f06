//! A shop of which the whole history is made by the server's own parts: gateway, listener's
//! settlement, reactions, read models.

mod chain;
mod databases;
mod proofs;
mod story;

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use gage_application::{
    catch_up::{CatchUp, Consumer},
    event::{Decoder, StreamName},
    gateway::{Gateway, Operation, Parts, Request, snapshotter},
    metadata::Actor,
    ports::{
        chain::PaymentChain,
        clock::Clock,
        event_log::{EventLog, IdempotencyKey},
        snapshot::{Snapshot, Snapshots},
        wake::{Notice, WakeUps},
    },
    reactions::Reactions,
    replay::{Plan, Report, replay},
    tail::Tail,
};
use gage_domain::{
    decider::Decider,
    ids::{ProductId, ShopId, SkuId},
    inventory::Inventory,
    policy::Policy,
    value::{Address, Asset, BaseUnits, Price},
};
use gage_infrastructure::{
    chain::{EvmRail, LocalKey, Node, RailChain},
    clock::SystemEntropy,
    postgres::{PostgresCheckpoints, PostgresEventLog, PostgresSnapshots, PostgresStored, migrate},
};
use gage_projections::{consumer, setup};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::broadcast;
use uuid::Uuid;

pub(crate) use databases::{administer, copy, new_name, open, url_of};

pub(crate) const CHAIN_ID: u64 = 1337;
pub(crate) const ESCROW: Address = Address::repeat_byte(0xee);
pub(crate) const OWNER: Address = Address::repeat_byte(0x0a);
pub(crate) const BUYER: Address = Address::repeat_byte(0x0b);

/// A clock that goes on by a second with every look.
pub(crate) struct SteppingClock(AtomicI64);

impl Clock for SteppingClock {
    fn now(&self) -> OffsetDateTime {
        let steps = self.0.fetch_add(1, Ordering::SeqCst);
        datetime!(2026-03-01 09:00 UTC) + Duration::seconds(steps)
    }
}

struct NoWakeUps(broadcast::Sender<Notice>);

impl WakeUps for NoWakeUps {
    fn notify(&self, _: Notice) {}

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}

/// A database of its own with a history in it.
pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) pool: PgPool,
    pub(crate) log: Arc<PostgresEventLog>,
    gateway: Arc<Gateway>,
    clock: Arc<SteppingClock>,
    wake: Arc<NoWakeUps>,
    blocks: AtomicU64,
    pub(crate) shop: ShopId,
    pub(crate) products: Vec<ProductId>,
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
}

pub(crate) fn price(amount: u64) -> Price {
    let asset = Asset {
        chain_id: CHAIN_ID,
        token: Address::ZERO,
    };
    Price::token(asset, BaseUnits::from(amount))
}

impl World {
    /// A migrated database with a shop that sells three products.
    pub(crate) async fn new() -> Self {
        let name = new_name();
        administer(&format!("CREATE DATABASE {name}")).await;
        let pool = open(&name).await;
        migrate(&pool).await.unwrap();
        setup::ensure(&pool).await.unwrap();
        let log = Arc::new(PostgresEventLog::new(pool.clone()));
        let clock = Arc::new(SteppingClock(AtomicI64::new(0)));
        let wake = Arc::new(NoWakeUps(broadcast::channel(1).0));
        let snapshots: Arc<dyn Snapshots> = Arc::new(PostgresSnapshots::new(pool.clone()));
        let (snapshotter, writing) = snapshotter(snapshots.clone());
        tokio::spawn(writing);
        let chain = RailChain {
            chain: PaymentChain::of_ether(CHAIN_ID, ESCROW),
            arbiter: Address::repeat_byte(0xab),
            node: Node::new(["http://127.0.0.1:9".parse().unwrap()]).unwrap(),
        };
        let signer = LocalKey::from_hex(&"42".repeat(32)).unwrap();
        let (gateway, writing) = Gateway::open(Parts {
            log: log.clone(),
            snapshots,
            snapshotter,
            wake: wake.clone(),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            rail: Arc::new(EvmRail::new(chain, [], signer, clock.clone())),
            policy: Policy::default(),
            lanes: 2,
        });
        tokio::spawn(writing);
        let mut world = Self {
            name,
            pool,
            log,
            gateway: Arc::new(gateway),
            clock,
            wake,
            blocks: AtomicU64::new(1),
            shop: ShopId(id(1)),
            products: Vec::new(),
        };
        world.open_shop().await;
        world
    }

    pub(crate) async fn end(self) {
        self.pool.close().await;
        administer(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    pub(crate) async fn by<O: Operation>(&self, wallet: Address, operation: O) {
        let actor = Actor::Wallet(wallet);
        let key = IdempotencyKey {
            principal: actor.to_string(),
            key: format!("{}-{}", O::NAME, self.clock.0.load(Ordering::SeqCst)),
        };
        self.put(actor, Some(key), operation).await;
    }

    pub(crate) async fn by_system<O: Operation>(&self, name: &'static str, operation: O) {
        self.put(Actor::System(name), None, operation).await;
    }

    async fn put<O: Operation>(
        &self,
        actor: Actor,
        idempotency_key: Option<IdempotencyKey>,
        operation: O,
    ) {
        let correlation_id =
            id(1_000_000 + u128::from(self.clock.0.load(Ordering::SeqCst).unsigned_abs()));
        let request = Request {
            actor,
            correlation_id,
            causation_id: correlation_id.to_string(),
            idempotency_key,
        };
        let done = self.gateway.execute(operation, request).await;
        if let Err(error) = done {
            panic!("{}: {error}", O::NAME);
        }
    }

    async fn react(&self) {
        let checkpoints = Arc::new(PostgresCheckpoints::new(self.pool.clone()));
        let reactions = Reactions::new(self.gateway.clone(), checkpoints);
        self.run(Arc::new(reactions)).await;
    }

    async fn run(&self, consumer: Arc<dyn Consumer>) {
        self.settled().await;
        let catch_up = CatchUp::new(consumer, Tail::new(self.log.clone(), self.wake.clone()));
        catch_up.run_to_end().await.unwrap();
    }

    /// Brings reactions and read models to the end of the log.
    async fn follow(&self) {
        self.react().await;
        follow(&self.pool).await;
    }

    /// Waits until everything that was written can be read.
    pub(crate) async fn settled(&self) {
        settle(&self.pool, &self.log).await;
    }

    /// A snapshot of a product's stock, half way.
    async fn keep_snapshots(&self) {
        let stream = StreamName::of::<Inventory>(SkuId::from(self.products[0]));
        let decoder = Decoder::current();
        let events = self.log.load(&stream, 0).await.unwrap();
        let half = &events[..events.len() / 2];
        let fold =
            |state: Inventory, event| state.evolve(&decoder.event::<Inventory>(event).unwrap());
        let state = half.iter().fold(Inventory::default(), fold);
        let last = half.last().unwrap();
        PostgresSnapshots::new(self.pool.clone())
            .save(&Snapshot {
                stream,
                sequence: last.sequence,
                position: last.position,
                state_version: Inventory::STATE_VERSION,
                state: serde_json::to_value(&state).unwrap(),
            })
            .await
            .unwrap();
    }
}

/// Brings the read models of a database to the end of its log.
pub(crate) async fn follow(pool: &PgPool) {
    let log = Arc::new(PostgresEventLog::new(pool.clone()));
    settle(pool, &log).await;
    for consumer in consumer::all(pool) {
        let wake = Arc::new(NoWakeUps(broadcast::channel(1).0));
        let catch_up = CatchUp::new(consumer, Tail::new(log.clone(), wake));
        catch_up.run_to_end().await.unwrap();
    }
}

/// Waits until everything that was written can be read: other tests' transactions hold readers
/// back for a moment.
async fn settle(pool: &PgPool, log: &PostgresEventLog) {
    loop {
        let newest: (i64, i64) = sqlx::query_as(
            "SELECT xact_id, position FROM events ORDER BY xact_id DESC, position DESC LIMIT 1",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        let head = log.state().await.unwrap().head;
        if (head.xact_id, head.position) == newest {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// What a replay of a database says.
pub(crate) async fn replayed(pool: &PgPool, plan: Plan) -> Report {
    let stored = PostgresStored::now(pool).await.unwrap();
    replay(Arc::new(stored), plan, None, &|_| {}).await.unwrap()
}
