//! A shop of which the whole history is made by the server's own parts: gateway, listener's
//! settlement, reactions, read models.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use gage_application::{
    catch_up::{CatchUp, Consumer},
    event::{Decoder, StreamName},
    gateway::{Gateway, Operation, Parts, Request, snapshotter},
    metadata::Actor,
    operations::{
        adjust_stock::AdjustStock, approve_order::ApproveOrder, cancel_order::CancelOrder,
        change_payout_address::ChangePayoutAddress, change_price::ChangePrice,
        confirm_delivery::ConfirmDelivery, expire_order::ExpireOrder, fail_attempt::FailAttempt,
        list_product::ListProduct, open_shop::OpenShop, place_order::PlaceOrder,
        publish_product::PublishProduct, receive_stock::ReceiveStock, reject_order::RejectOrder,
        report_payment_attempt::ReportPaymentAttempt, settle_block::SettleBlock,
        ship_order::ShipOrder,
    },
    ports::{
        chain::{BlockRef, CursorMove, Observation, Observed, PaymentChain},
        clock::Clock,
        event_log::{EventLog, IdempotencyKey},
        snapshot::{Snapshot, Snapshots},
        wake::{Notice, WakeUps},
    },
    reactions::Reactions,
    replay::{Plan, Report, replay},
    settlement::Settle,
    tail::Tail,
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PayoutId, ProductId, ShopId, SkuId},
    inventory::Inventory,
    order::{Tracking, Wanted},
    payment::{AttemptFailure, LogRef, Payment},
    policy::Policy,
    text::LocalizedText,
    value::{Address, Asset, B256, BaseUnits, Price, Quantity},
};
use gage_infrastructure::{
    chain::{EvmRail, LocalKey, Node, RailChain},
    clock::SystemEntropy,
    postgres::{
        ChainCursor, PoolOptions, PostgresChainStore, PostgresCheckpoints, PostgresEventLog,
        PostgresSnapshots, PostgresStored, connect, migrate,
    },
};
use gage_projections::{consumer, setup};
use gage_tests::database::required;
use sqlx::{Connection, PgConnection, PgPool};
use time::{Duration, OffsetDateTime, macros::datetime};
use tokio::sync::broadcast;
use uuid::Uuid;

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

/// Runs a statement beside all databases.
pub(crate) async fn administer(statement: &str) {
    let mut db = PgConnection::connect(&required("DATABASE_URL"))
        .await
        .unwrap();
    sqlx::query(statement).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// A copy of a database that nobody uses any more: its last connections take a moment to end.
pub(crate) async fn copy(template: &str) -> String {
    let name = new_name();
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let mut db = PgConnection::connect(&required("DATABASE_URL"))
        .await
        .unwrap();
    while let Err(error) = sqlx::query(&statement).execute(&mut db).await {
        let in_use = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        assert_eq!(in_use.as_deref(), Some("55006"), "{error}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    db.close().await.unwrap();
    name
}

pub(crate) fn url_of(name: &str) -> String {
    let mut url = url::Url::parse(&required("DATABASE_URL")).unwrap();
    url.set_path(name);
    url.into()
}

pub(crate) async fn open(name: &str) -> PgPool {
    let options = PoolOptions {
        max_connections: 12,
        ..PoolOptions::default()
    };
    connect(&url_of(name), options).await.unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own name, part of no event"
)]
pub(crate) fn new_name() -> String {
    format!("gage_replay_{}", Uuid::new_v4().simple())
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

fn pieces(count: u32) -> Quantity {
    Quantity::try_from(count).unwrap()
}

fn named(ko: &str, en: &str) -> LocalizedText {
    LocalizedText::new(Some(ko.to_owned()), Some(en.to_owned()))
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

    async fn open_shop(&mut self) {
        let (shop, by) = (self.shop, OWNER);
        let open = OpenShop {
            shop,
            by,
            name: named("차 가게", "Tea house"),
            payout: Address::repeat_byte(0x50),
        };
        self.by(OWNER, open).await;
        let payout = OWNER;
        self.by(OWNER, ChangePayoutAddress { shop, by, payout })
            .await;
        for number in 0..3_u8 {
            let product = ProductId(id(10 + u128::from(number)));
            self.products.push(product);
            let list = ListProduct {
                product,
                by,
                shop,
                name: named("녹차", &format!("Green Tea {number}")),
                description: named("첫물", "First flush"),
                price: None,
            };
            self.by(OWNER, list).await;
            let price = price(5 + u64::from(number));
            self.by(OWNER, ChangePrice { product, by, price }).await;
            self.by(OWNER, PublishProduct { product, by }).await;
            let quantity = pieces(50);
            let receive = ReceiveStock {
                product,
                by,
                quantity,
            };
            self.by(OWNER, receive).await;
            let adjust = AdjustStock {
                product,
                by,
                delta: -1,
                reason: "broken".to_owned(),
            };
            self.by(OWNER, adjust).await;
        }
        let store = PostgresChainStore::new(self.pool.clone(), CHAIN_ID, ESCROW);
        let block = block(1);
        store
            .begin(ChainCursor {
                genesis_hash: B256::repeat_byte(0x99),
                block,
            })
            .await
            .unwrap();
    }

    /// Everything that can become of an order, once each.
    pub(crate) async fn tell_all(&self) {
        let completed = self.place(1, 2).await;
        self.report(completed, 7).await;
        self.report(completed, 8).await;
        self.fail(completed, 8).await;
        let paid = self.pay(completed).await;
        self.by(OWNER, Self::approve(completed)).await;
        self.ship(completed).await;
        self.by(
            BUYER,
            ConfirmDelivery {
                order: completed,
                by: BUYER,
            },
        )
        .await;
        self.react().await;
        self.money(completed, &paid, |amount| Observed::Released { amount })
            .await;
        let cancelled = self.place(2, 1).await;
        self.by(
            BUYER,
            CancelOrder {
                order: cancelled,
                by: BUYER,
            },
        )
        .await;
        let refunded = self.place(3, 3).await;
        let paid = self.pay(refunded).await;
        self.money(refunded, &paid, |amount| Observed::Refunded { amount })
            .await;
        let rejected = self.place(4, 1).await;
        self.pay(rejected).await;
        let reject = RejectOrder {
            order: rejected,
            by: OWNER,
            reason: "품절".to_owned(),
        };
        self.by(OWNER, reject).await;
        let expired = self.place(5, 1).await;
        self.clock.0.fetch_add(3_600, Ordering::SeqCst);
        self.by_system("expiry", ExpireOrder { order: expired })
            .await;
        let disputed = self.place(6, 2).await;
        self.pay(disputed).await;
        self.by(OWNER, Self::approve(disputed)).await;
        self.dispute(disputed).await;
        let reverted = self.place(7, 1).await;
        self.pay_and_lose(reverted).await;
        let approved = self.place(8, 4).await;
        self.pay(approved).await;
        self.by(OWNER, Self::approve(approved)).await;
        self.place(9, 1).await;
        self.withdraw().await;
        self.keep_snapshots().await;
        self.follow().await;
    }

    pub(crate) fn order(number: u128) -> OrderId {
        OrderId(id(100 + number))
    }

    pub(crate) async fn place(&self, number: u128, quantity: u32) -> OrderId {
        let order = Self::order(number);
        let wanted = |product: &ProductId| Wanted {
            product: *product,
            quantity: pieces(quantity),
        };
        let place = PlaceOrder {
            order,
            by: BUYER,
            shop: self.shop,
            lines: self.products.iter().take(2).map(wanted).collect(),
            seen_prices: Vec::new(),
            pay_with: None,
        };
        self.by(BUYER, place).await;
        order
    }

    fn approve(order: OrderId) -> ApproveOrder {
        ApproveOrder { order, by: OWNER }
    }

    async fn ship(&self, order: OrderId) {
        let tracking = Some(Tracking {
            carrier: "우체국".to_owned(),
            number: "12-34".to_owned(),
        });
        let by = OWNER;
        self.by(
            OWNER,
            ShipOrder {
                order,
                by,
                tracking,
            },
        )
        .await;
        self.react().await;
    }

    async fn report(&self, order: OrderId, nonce: u8) {
        let report = ReportPaymentAttempt {
            order,
            by: BUYER,
            tx_hash: B256::repeat_byte(nonce),
            nonce: nonce.into(),
        };
        self.by(BUYER, report).await;
    }

    async fn fail(&self, order: OrderId, nonce: u8) {
        let fail = FailAttempt {
            order,
            tx_hash: B256::repeat_byte(nonce),
            reason: AttemptFailure::Dropped,
        };
        self.by_system("attempts", fail).await;
    }

    async fn terms(&self, order: OrderId) -> gage_domain::payment::Terms {
        let stream = StreamName::of::<Payment>(order.into());
        let decoder = Decoder::current();
        let events = self.log.load(&stream, 0).await.unwrap();
        let fold = |state: Payment, event| state.evolve(&decoder.event::<Payment>(event).unwrap());
        let payment = events.iter().fold(Payment::default(), fold);
        payment.request().unwrap().terms.clone()
    }

    /// The payment is seen, confirmed, and told to the order.
    pub(crate) async fn pay(&self, order: OrderId) -> Observation {
        let terms = self.terms(order).await;
        let paid = self.seen(order, terms.key, |log| {
            let what = Observed::Paid {
                payer: BUYER,
                token: terms.token,
                amount: terms.amount,
            };
            (what, log)
        });
        self.settle(vec![], vec![paid.clone()], vec![]).await;
        self.settle(vec![], vec![], vec![(paid.clone(), 12)]).await;
        self.react().await;
        paid
    }

    async fn pay_and_lose(&self, order: OrderId) {
        let paid = self.pay(order).await;
        self.settle(vec![paid], vec![], vec![]).await;
        self.react().await;
    }

    async fn money(
        &self,
        order: OrderId,
        paid: &Observation,
        what: impl FnOnce(BaseUnits) -> Observed,
    ) {
        let amount = self.terms(order).await.amount;
        let moved = self.seen(order, paid.key, |log| (what(amount), log));
        self.settle(vec![], vec![moved.clone()], vec![]).await;
        self.settle(vec![], vec![], vec![(moved, 12)]).await;
        self.react().await;
    }

    async fn dispute(&self, order: OrderId) {
        let key = self.terms(order).await.key;
        let dispute = self.seen(order, key, |log| (Observed::Disputed { by: BUYER }, log));
        self.settle(vec![], vec![dispute.clone()], vec![(dispute, 12)])
            .await;
    }

    async fn withdraw(&self) {
        let log = self.next_log();
        let taken = Observation {
            log,
            payment: None,
            key: B256::ZERO,
            what: Observed::Withdrawn {
                account: OWNER,
                token: Address::ZERO,
                amount: BaseUnits::from(7),
            },
            mined_at: None,
        };
        self.settle(vec![], vec![taken.clone()], vec![(taken, 12)])
            .await;
    }

    pub(crate) fn payout() -> PayoutId {
        PayoutId {
            chain_id: CHAIN_ID,
            escrow: ESCROW,
            account: OWNER,
            token: Address::ZERO,
        }
    }

    fn seen(
        &self,
        order: OrderId,
        key: B256,
        what: impl FnOnce(LogRef) -> (Observed, LogRef),
    ) -> Observation {
        let (what, log) = what(self.next_log());
        Observation {
            log,
            payment: Some(order.into()),
            key,
            what,
            mined_at: Some(datetime!(2026-03-01 09:30 UTC)),
        }
    }

    fn next_log(&self) -> LogRef {
        let number = self.blocks.load(Ordering::SeqCst) + 1;
        LogRef {
            chain_id: CHAIN_ID,
            block_number: number,
            block_hash: block(number).hash,
            tx_hash: B256::left_padding_from(&(number + 7_000).to_be_bytes()),
            log_index: 0,
        }
    }

    async fn settle(
        &self,
        revert: Vec<Observation>,
        detect: Vec<Observation>,
        confirm: Vec<(Observation, u64)>,
    ) {
        let number = self.blocks.fetch_add(1, Ordering::SeqCst);
        let (from, to) = (block(number), block(number + 1));
        let batch = SettleBlock {
            cursor: CursorMove {
                chain_id: CHAIN_ID,
                escrow: ESCROW,
                from,
                to,
                blocks: vec![to],
                sightings: Vec::new(),
            },
            revert,
            detect,
            confirm,
        };
        self.gateway.settle(batch).await.unwrap();
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

fn block(number: u64) -> BlockRef {
    BlockRef {
        number,
        hash: B256::left_padding_from(&(number + 1_000_000).to_be_bytes()),
    }
}

/// What a replay of a database says.
pub(crate) async fn replayed(pool: &PgPool, plan: Plan) -> Report {
    let stored = PostgresStored::now(pool).await.unwrap();
    replay(&stored, plan, &|_| {}).await.unwrap()
}
