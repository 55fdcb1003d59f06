//! A database for each test, and histories to project into it.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use gage_application::{
    catch_up::{Consumed, Consumer, ConsumerError},
    event::{Fact, Recorded},
    log_reader::Stretch,
    metadata::{Actor, Metadata},
    ports::wake::Notice,
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, PaymentId, PayoutId, ProductId, ShopId, SkuId},
    inventory::InventoryEvent,
    order::{OrderEvent, OrderLine},
    payment::{LogRef, PaymentEvent, Terms},
    payout::PayoutEvent,
    product::ProductEvent,
    shop::ShopEvent,
    text::LocalizedText,
    value::{Address, Asset, B256, BaseUnits, Currency, Fiat, Price, Quantity},
};
use gage_projections::{consumer::ProjectionConsumer, projection::Projection, setup};
use sqlx::{
    Connection, Executor, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

static MADE: AtomicU32 = AtomicU32::new(0);

/// A migrated database with empty read models; dropped with this value.
pub(crate) struct TestDb {
    pub(crate) pool: PgPool,
    admin_url: String,
    name: String,
}

impl TestDb {
    pub(crate) async fn new() -> Self {
        let db = Self::without_read_models().await;
        setup::ensure(&db.pool).await.expect("makes the tables");
        db
    }

    pub(crate) async fn without_read_models() -> Self {
        let admin_url = env::var("DATABASE_URL")
            .expect("DATABASE_URL names a PostgreSQL server to test on; script/test sets it");
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("gage_projections_{}_{number}", std::process::id());
        let mut admin = PgConnection::connect(&admin_url)
            .await
            .expect("PostgreSQL answers");
        // A process that was killed may have left one under the same id.
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        admin.execute(&*drop).await.expect("drops");
        admin
            .execute(&*format!("CREATE DATABASE {name}"))
            .await
            .expect("may create databases");
        let options: PgConnectOptions = admin_url.parse().expect("DATABASE_URL is a URL");
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .connect_with(options.database(&name))
            .await
            .expect("connects");
        sqlx::migrate!("../migrations")
            .run(&pool)
            .await
            .expect("migrations apply");
        Self {
            pool,
            admin_url,
            name,
        }
    }

    /// Projects what the read model has not seen of a history.
    pub(crate) async fn project<P: Projection>(&self, history: &History) -> Vec<Notice> {
        match self
            .try_project::<P>(history)
            .await
            .expect("the history can be projected")
        {
            Consumed::Advanced { notices } => notices,
            Consumed::Superseded => panic!("somebody else projects into this database"),
        }
    }

    pub(crate) async fn try_project<P: Projection>(
        &self,
        history: &History,
    ) -> Result<Consumed, ConsumerError> {
        let consumer = ProjectionConsumer::<P>::new(self.pool.clone());
        let from = consumer.checkpoint().await?;
        let unseen: Vec<Recorded> = history
            .events
            .iter()
            .filter(|event| event.position > from)
            .cloned()
            .collect();
        consumer.consume(stretch(from, &unseen)).await
    }

    pub(crate) async fn checkpoint<P: Projection>(&self) -> LogPosition {
        let consumer = ProjectionConsumer::<P>::new(self.pool.clone());
        consumer.checkpoint().await.expect("a checkpoint")
    }

    /// Every row of every table of a schema, printed, in a fixed order.
    pub(crate) async fn dump(&self, schema: &str) -> Vec<String> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
        )
        .bind(schema)
        .fetch_all(&self.pool)
        .await
        .expect("lists tables");
        let mut dump = vec![];
        for table in tables {
            let sql = format!("SELECT '{table} ' || t::text FROM {schema}.{table} t ORDER BY 1");
            let rows: Vec<String> = sqlx::query_scalar(&sql)
                .fetch_all(&self.pool)
                .await
                .expect("reads");
            dump.extend(rows);
        }
        dump
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (url, name) = (self.admin_url.clone(), self.name.clone());
        // Dropping is synchronous, and the test's runtime is busy with us: a thread of its own.
        let dropper = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let mut admin = PgConnection::connect(&url)
                    .await
                    .expect("PostgreSQL answers");
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute(&*drop).await.expect("drops");
            });
        });
        assert!(
            dropper.join().is_ok() || std::thread::panicking(),
            "the database stays behind"
        );
    }
}

/// Events after a position as a stretch of the log.
pub(crate) fn stretch(from: LogPosition, events: &[Recorded]) -> Stretch<'_> {
    Stretch {
        from,
        to: events.last().map_or(from, |last| last.position),
        events,
    }
}

/// Events in log order, a minute apart.
#[derive(Debug, Default, Clone)]
pub(crate) struct History {
    pub(crate) events: Vec<Recorded>,
}

/// When the first event of a history was decided.
pub(crate) const DAWN: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

impl History {
    /// Adds an event in an append of its own.
    pub(crate) fn then(&mut self, fact: impl Into<FactOf>) -> LogPosition {
        self.together([fact.into().0])
    }

    /// Adds events of one append; returns the last one's position.
    pub(crate) fn together(&mut self, facts: impl IntoIterator<Item = Fact>) -> LogPosition {
        // Positions are handed out before the commit: of two transactions that follow each
        // other, here the later one has the smaller positions.
        let xact_id = self.last().xact_id + 1;
        let base = 1000 * (xact_id ^ 1);
        for (index, fact) in (1..).zip(facts) {
            let minutes = i64::try_from(self.events.len()).unwrap();
            self.events.push(Recorded {
                position: LogPosition {
                    xact_id,
                    position: base + index,
                },
                sequence: 1,
                fact,
                metadata: Metadata {
                    actor: Actor::Wallet(wallet(9)),
                    correlation_id: Uuid::from_u128(1),
                    causation_id: "a test".to_owned(),
                    decided_at: DAWN + Duration::minutes(minutes),
                },
                recorded_at: DAWN,
            });
        }
        self.last()
    }

    pub(crate) fn last(&self) -> LogPosition {
        self.events
            .last()
            .map_or(LogPosition::START, |event| event.position)
    }

    /// The first `count` events.
    pub(crate) fn first(&self, count: usize) -> Self {
        Self {
            events: self.events[..count].to_vec(),
        }
    }
}

/// A fact, from an id and an event.
pub(crate) struct FactOf(pub(crate) Fact);

macro_rules! facts {
    ($($variant:ident($id:ty, $event:ty)),*) => {
        $(impl From<($id, $event)> for FactOf {
            fn from((id, event): ($id, $event)) -> Self {
                Self(Fact::$variant(id, event))
            }
        })*
    };
}

facts!(
    Shop(ShopId, ShopEvent),
    Product(ProductId, ProductEvent),
    Inventory(SkuId, InventoryEvent),
    Order(OrderId, OrderEvent),
    Payment(PaymentId, PaymentEvent),
    Payout(PayoutId, PayoutEvent)
);

pub(crate) fn wallet(number: u8) -> Address {
    Address::repeat_byte(number)
}

pub(crate) fn shop_id(number: u128) -> ShopId {
    ShopId(Uuid::from_u128(0x5000 + number))
}

pub(crate) fn product_id(number: u128) -> ProductId {
    ProductId(Uuid::from_u128(0x9000 + number))
}

pub(crate) fn sku(number: u128) -> SkuId {
    SkuId::from(product_id(number))
}

pub(crate) fn order_id(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(0x0de0_0000 + number))
}

pub(crate) fn text(ko: &str, en: &str) -> LocalizedText {
    LocalizedText::new(Some(ko.to_owned()), Some(en.to_owned()))
}

pub(crate) fn ether(amount: u64) -> Price {
    let (chain_id, token) = (1337, Address::ZERO);
    Price::token(Asset { chain_id, token }, BaseUnits::from(amount))
}

/// A price of every kind: in a token, in one of the time when a server had one chain, and in
/// fiat money.
pub(crate) fn prices() -> [Price; 4] {
    let (chain_id, token) = (None, wallet(0xc0));
    let currency = Currency::Token { chain_id, token };
    let amount = BaseUnits::from(100);
    [
        ether(100),
        Price { currency, amount },
        Price::fiat(Fiat::Krw, amount),
        Price::fiat(Fiat::Usd, amount),
    ]
}

pub(crate) fn pieces(number: u32) -> Quantity {
    Quantity::try_from(number).unwrap()
}

/// Shop `number` of wallet `number` opens.
pub(crate) fn shop_opened(number: u8) -> (ShopId, ShopEvent) {
    let opened = ShopEvent::ShopOpened {
        owner: wallet(number),
        name: text("가게", "Shop"),
        payout: wallet(number),
    };
    (shop_id(u128::from(number)), opened)
}

/// Shop 1 lists product `number` at 100 wei.
pub(crate) fn product_listed(number: u128, name: LocalizedText) -> (ProductId, ProductEvent) {
    let listed = ProductEvent::ProductListed {
        shop: shop_id(1),
        name,
        description: LocalizedText::default(),
        price: Some(ether(100)),
    };
    (product_id(number), listed)
}

/// Wallet `buyer` orders two pieces of product 1 at shop 1.
pub(crate) fn order_placed(number: u128, buyer: u8) -> (OrderId, OrderEvent) {
    let line = OrderLine {
        product: product_id(1),
        sku: sku(1),
        name: text("커피", "Coffee"),
        unit_price: ether(100),
        quantity: pieces(2),
    };
    let placed = OrderEvent::OrderPlaced {
        buyer: wallet(buyer),
        shop: shop_id(1),
        lines: vec![line],
        total: ether(200),
        pay_by: DAWN + Duration::hours(1),
        delivery: None,
    };
    (order_id(number), placed)
}

pub(crate) fn terms(number: u128) -> Terms {
    Terms {
        order: order_id(number),
        buyer: wallet(7),
        seller: wallet(1),
        arbiter: wallet(3),
        token: Address::ZERO,
        amount: BaseUnits::from(200),
        deadline: DAWN + Duration::hours(1),
        hold_secs: 1_209_600,
        dispute_secs: u64::MAX,
        chain_id: 1337,
        escrow: wallet(0xe5),
        key: B256::repeat_byte(0x4b),
    }
}

pub(crate) fn payment_requested(number: u128) -> (PaymentId, PaymentEvent) {
    (
        PaymentId::from(order_id(number)),
        PaymentEvent::PaymentRequested {
            terms: terms(number),
            conversion: None,
        },
    )
}

/// The log of a payment in block `block`.
pub(crate) fn log_in(block: u8) -> LogRef {
    LogRef {
        chain_id: 1337,
        block_number: u64::from(block),
        block_hash: B256::repeat_byte(block),
        tx_hash: B256::repeat_byte(0x77),
        log_index: 3,
    }
}
