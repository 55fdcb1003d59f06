//! A shop on a chain of its own, whose payments are settled into a database of its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use alloy::primitives::{Address, B256, U256};
use gage_application::{
    event::{Decoder, StreamName},
    gateway::{Gateway, GatewayError, Operation, Parts, Request, snapshotter},
    metadata::Actor,
    operations::{
        change_price::ChangePrice, list_product::ListProduct, open_shop::OpenShop,
        place_order::PlaceOrder, publish_product::PublishProduct, receive_stock::ReceiveStock,
    },
    ports::{
        chain::{
            AcceptedToken, ChainCondition, ChainStatus, ChainView, PaymentChain, PaymentDraft,
            PaymentRail,
        },
        clock::{Clock, Entropy},
        event_log::EventLog,
        wake::{Notice, WakeUps},
    },
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PaymentId, ProductId, ShopId},
    order::Wanted,
    payment::{Payment, PaymentEvent, Terms},
    policy::Policy,
    text::LocalizedText,
    value::{Asset, BaseUnits, Price, Quantity},
};
use gage_infrastructure::{
    chain::{
        Deployed, EvmRail, Listener, ListenerParts, ListenerSettings, ListenerStatus, LocalKey,
        Node, RailChain, Rates, deploy,
    },
    clock::{SystemClock, SystemEntropy},
    postgres::{PostgresChainStore, PostgresSnapshots},
};
use tokio::{sync::broadcast, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    contracts,
    node::{CHAIN_ID, Program, TestNode},
    support::TestDb,
};

/// Price of a piece, wei.
const PRICE: u64 = 1_000_000;
/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct World {
    pub(crate) node: TestNode,
    pub(crate) db: TestDb,
    pub(crate) escrow: Deployed,
    pub(crate) rail: Arc<EvmRail>,
    pub(crate) gateway: Arc<Gateway>,
    /// The shop's owner, and whom releases go to.
    pub(crate) owner: Address,
    pub(crate) buyer: Address,
    /// What the contract takes beside coins.
    pub(crate) tokens: Vec<AcceptedToken>,
    product: Option<Product>,
}

/// Something that is sold, with its shop.
pub(crate) type Product = (ShopId, ProductId);

/// A listener that runs until it is stopped.
pub(crate) struct Following {
    pub(crate) status: ListenerStatus,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The key that signs quotes.
pub(crate) fn quote_signer() -> LocalKey {
    LocalKey::from_hex(&"a1".repeat(32)).unwrap()
}

/// What the chain itself counts in.
pub(crate) fn coin() -> Asset {
    Asset {
        chain_id: CHAIN_ID,
        token: Address::ZERO,
    }
}

impl World {
    /// A chain with the contract, and a database; no shop yet.
    pub(crate) async fn bare(program: Program) -> Self {
        Self::taking(program, &[]).await
    }

    /// The same with a contract that takes tokens with so many decimals, too.
    pub(crate) async fn taking(program: Program, decimals: &[u8]) -> Self {
        Self::converting(program, decimals, async |_, _| Rates::none()).await
    }

    /// The same with rates for prices in fiat money.
    pub(crate) async fn converting(
        program: Program,
        decimals: &[u8],
        rates: impl AsyncFnOnce(&TestNode, &[AcceptedToken]) -> Rates,
    ) -> Self {
        let (node, db) = tokio::join!(TestNode::start(program), TestDb::new());
        let mut tokens = Vec::new();
        for decimals in decimals {
            let creation = contracts::token(*decimals);
            tokens.push(AcceptedToken {
                address: node.create(creation).await,
                symbol: format!("T{decimals}"),
                decimals: *decimals,
                permit: false,
            });
        }
        let addresses: Vec<Address> = tokens.iter().map(|token| token.address).collect();
        let (deployer, signer) = (TestNode::deployer(), quote_signer());
        let escrow = deploy(&node.client(), &deployer, signer.address(), &addresses)
            .await
            .expect("the contract is deployed");
        let mut chain = PaymentChain::of_ether(CHAIN_ID, escrow.address);
        chain.tokens.extend(tokens.clone());
        let chain = RailChain {
            chain,
            arbiter: Address::ZERO,
            node: node.client(),
        };
        let rates = rates(&node, &tokens).await;
        let rail = EvmRail::new(chain, [], signer, Arc::new(SystemClock));
        let rail = Arc::new(rail.with_rates(rates));
        let gateway = gateway(&db, rail.clone());
        let (owner, buyer) = (node.account(0).await, node.account(1).await);
        Self {
            node,
            db,
            escrow,
            rail,
            gateway,
            owner,
            buyer,
            tokens,
            product: None,
        }
    }

    /// The same with a shop that sells plenty.
    pub(crate) async fn new(program: Program) -> Self {
        let mut world = Self::bare(program).await;
        world.sells(Address::ZERO, U256::from(PRICE)).await;
        world
    }

    /// From now on, orders are of a product with this price, in a shop of its own.
    pub(crate) async fn sells(&mut self, token: Address, amount: U256) {
        let asset = Asset { token, ..coin() };
        let price = Price::token(asset, BaseUnits(amount));
        self.product = Some(self.offers(price).await);
    }

    /// A product with this price, in a shop of its own.
    pub(crate) async fn offers(&self, price: Price) -> Product {
        let by = self.owner;
        let (shop, product) = (ShopId(SystemEntropy.id()), ProductId(SystemEntropy.id()));
        let named = |name: &str| LocalizedText::new(None, Some(name.to_owned()));
        let quantity = Quantity::try_from(1_000_000_u32).unwrap();
        self.does(OpenShop {
            shop,
            by,
            name: named("Shop"),
            payout: by,
        })
        .await;
        self.does(ListProduct {
            product,
            by,
            shop,
            name: named("Tea"),
            description: LocalizedText::default(),
            price: None,
        })
        .await;
        self.does(ChangePrice { product, by, price }).await;
        self.does(PublishProduct { product, by }).await;
        self.does(ReceiveStock {
            product,
            by,
            quantity,
        })
        .await;
        (shop, product)
    }

    /// Carries an operation out, which must be accepted.
    pub(crate) async fn does<O: Operation>(&self, operation: O) -> O::Output {
        let done = self.gateway.execute(operation, request()).await;
        done.unwrap().output
    }

    /// The buyer orders some pieces.
    pub(crate) async fn order(&self, pieces: u32) -> Terms {
        let order = self.tries_to_order(pieces).await.unwrap();
        self.payment(order).await.request().unwrap().terms.clone()
    }

    pub(crate) async fn tries_to_order(&self, pieces: u32) -> Result<OrderId, GatewayError> {
        let product = self.product.expect("a shop");
        self.tries_to_pay_with(None, product, pieces).await
    }

    /// The buyer orders some pieces of a product, and may say what to pay with.
    pub(crate) async fn tries_to_pay_with(
        &self,
        pay_with: Option<Asset>,
        (shop, product): Product,
        pieces: u32,
    ) -> Result<OrderId, GatewayError> {
        let place = PlaceOrder {
            order: OrderId(SystemEntropy.id()),
            by: self.buyer,
            shop,
            lines: vec![Wanted {
                product,
                quantity: Quantity::try_from(pieces).unwrap(),
            }],
            seen_prices: vec![],
            pay_with,
            delivery: None,
        };
        let placed = self.gateway.execute(place, request()).await;
        placed.map(|placed| placed.output)
    }

    /// Terms that the rail makes, of an order that nobody placed.
    pub(crate) fn terms_of_nothing(&self, amount: u64) -> Terms {
        let terms = self.rail.terms(&PaymentDraft {
            order: OrderId(SystemEntropy.id()),
            buyer: self.buyer,
            seller: Address::repeat_byte(0x5e),
            asset: coin(),
            amount: BaseUnits::from(amount),
            deadline: (SystemClock.now() + Duration::from_mins(15))
                .replace_nanosecond(0)
                .unwrap(),
            hold_secs: 60,
            dispute_secs: 60,
        });
        terms.unwrap()
    }

    /// The buyer pays as the rail says; the transaction may wait to be mined.
    pub(crate) async fn pay(&self, terms: &Terms) -> B256 {
        self.pay_through(self.escrow.address, terms).await
    }

    /// The buyer pays by calling another contract.
    pub(crate) async fn pay_through(&self, contract: Address, terms: &Terms) -> B256 {
        let instructions = self.rail.instructions(terms, self.buyer).await;
        let (value, data) = (instructions.value.0, instructions.call_data.into());
        self.node
            .send(self.buyer, Some(contract), value, data)
            .await
    }

    /// What the escrow contract holds, wei.
    pub(crate) async fn escrowed(&self) -> U256 {
        self.node
            .client()
            .balance(self.escrow.address)
            .await
            .unwrap()
    }

    pub(crate) fn settings(&self, confirmations: u64) -> ListenerSettings {
        ListenerSettings {
            chain_id: CHAIN_ID,
            escrow: self.escrow.address,
            quote_signer: quote_signer().address(),
            start_block: self.escrow.block,
            confirmations,
            poll_interval: Duration::from_millis(50),
            head_age_max: None,
        }
    }

    pub(crate) fn store(&self) -> PostgresChainStore {
        PostgresChainStore::new(self.db.pool.clone(), CHAIN_ID, self.escrow.address)
    }

    /// Follows the chain with so many confirmations.
    pub(crate) fn follow(&self, confirmations: u64) -> Following {
        self.follow_with(self.settings(confirmations))
    }

    pub(crate) fn follow_with(&self, settings: ListenerSettings) -> Following {
        self.follow_over(self.node.client(), settings)
    }

    pub(crate) fn follow_over(&self, node: Node, settings: ListenerSettings) -> Following {
        let parts = ListenerParts {
            node,
            store: PostgresChainStore::new(
                self.db.pool.clone(),
                settings.chain_id,
                settings.escrow,
            ),
            settle: self.gateway.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let listener = Listener::new(parts, settings);
        let (status, stop) = (listener.status(), CancellationToken::new());
        let task = tokio::spawn(listener.run(stop.clone()));
        Following { status, stop, task }
    }

    /// Puts the cursor back, as if nothing had been read since the oldest known block.
    pub(crate) async fn rewind(&self) {
        let rewind = "UPDATE chain_cursor SET (block_number, block_hash) = (
            SELECT block_number, block_hash FROM chain_blocks ORDER BY block_number LIMIT 1)";
        let rewound = sqlx::query(rewind).execute(&self.db.pool).await.unwrap();
        assert_eq!(rewound.rows_affected(), 1);
    }

    pub(crate) async fn history(&self, order: OrderId) -> Vec<PaymentEvent> {
        let name = StreamName::of::<Payment>(PaymentId::from(order));
        let stored = self.db.log().load(&name, 0).await.unwrap();
        let decoder = Decoder::current();
        stored
            .iter()
            .map(|event| decoder.event::<Payment>(event).unwrap())
            .collect()
    }

    pub(crate) async fn payment(&self, order: OrderId) -> Payment {
        let history = self.history(order).await;
        history.iter().fold(Payment::default(), Payment::evolve)
    }

    /// What happened to a payment, by name.
    pub(crate) async fn told(&self, order: OrderId) -> Vec<&'static str> {
        self.history(order).await.iter().map(name_of).collect()
    }

    /// Waits until exactly this has happened to a payment, since it was requested.
    pub(crate) async fn until_told(&self, order: OrderId, expected: &[&str]) {
        let since = Instant::now();
        loop {
            let told = self.told(order).await;
            if told[1..] == *expected {
                return;
            }
            assert!(
                since.elapsed() < PATIENCE,
                "{told:?} instead of {expected:?}"
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

impl Following {
    pub(crate) fn confirmations(&self) -> u64 {
        self.status.confirmations_required()
    }

    pub(crate) fn now(&self) -> ChainStatus {
        self.status.status()
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn(ChainStatus) -> bool) {
        let since = Instant::now();
        while !holds(self.now()) {
            assert!(since.elapsed() < PATIENCE, "not {what}: {:?}", self.now());
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    pub(crate) async fn until_fares(&self, condition: ChainCondition) {
        self.until(&format!("{condition:?}"), |status| {
            status.condition == condition
        })
        .await;
    }

    /// Waits until a look that began from now on found the cursor at the head.
    pub(crate) async fn until_at_head(&self) {
        let now = SystemClock.now();
        self.until("at the head", |status| status.read_until >= Some(now))
            .await;
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

pub(crate) fn request() -> Request {
    let id = SystemEntropy.id();
    Request {
        actor: Actor::System("test"),
        correlation_id: id,
        causation_id: id.to_string(),
        idempotency_key: None,
    }
}

fn name_of(event: &PaymentEvent) -> &'static str {
    match event {
        PaymentEvent::PaymentRequested { .. } => "requested",
        PaymentEvent::AttemptReported { .. } => "attempt reported",
        PaymentEvent::AttemptFailed { .. } => "attempt failed",
        PaymentEvent::PaymentDetected { .. } => "detected",
        PaymentEvent::PaymentConfirmed { .. } => "confirmed",
        PaymentEvent::PaymentReverted { .. } => "reverted",
        PaymentEvent::PaymentExpired { .. } => "expired",
        PaymentEvent::FundsReleased { .. } => "released",
        PaymentEvent::FundsRefunded { .. } => "refunded",
        PaymentEvent::DisputeOpened { .. } => "disputed",
        PaymentEvent::ReleaseReverted { .. } => "release reverted",
        PaymentEvent::RefundReverted { .. } => "refund reverted",
        PaymentEvent::DisputeReverted { .. } => "dispute reverted",
    }
}

fn gateway(db: &TestDb, rail: Arc<EvmRail>) -> Arc<Gateway> {
    let snapshots = Arc::new(PostgresSnapshots::new(db.pool.clone()));
    let (handle, task) = snapshotter(snapshots.clone());
    tokio::spawn(task);
    let (gateway, writing) = Gateway::open(Parts {
        log: Arc::new(db.log()),
        snapshots,
        snapshotter: handle,
        wake: Arc::new(NobodyListens(broadcast::channel(1).0)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        rail,
        policy: Policy::default(),
        lanes: 2,
    });
    tokio::spawn(writing);
    Arc::new(gateway)
}

/// Wake-ups that wake nobody: here the log is read directly.
struct NobodyListens(broadcast::Sender<Notice>);

impl WakeUps for NobodyListens {
    fn notify(&self, _notice: Notice) {}

    fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.0.subscribe()
    }
}
