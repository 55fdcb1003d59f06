//! Histories in bulk: decided by the domain, appended through the port, many decisions at once.

use gage_application::{
    event::StreamName,
    metadata::{Actor, Metadata},
    ports::{
        clock::{Clock, Entropy},
        event_log::{
            Append, Decision, EventLog, IdempotencyEntry, IdempotencyKey, NewEvent, StreamAppend,
        },
    },
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PaymentId, ProductId, ShopId, SkuId},
    inventory::{Inventory, InventoryCommand},
    order::{Order, OrderCommand, OrderLine},
    payment::{LogRef, Payment, PaymentCommand, Terms},
    product::{Product, ProductCommand},
    shop::{Shop, ShopCommand},
    text::LocalizedText,
    value::{Address, Asset, B256, BaseUnits, Price, Quantity},
};
use gage_infrastructure::{
    chain::key_of,
    clock::{SystemClock, SystemEntropy},
};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::node::CHAIN_ID;

/// Events of one append.
const APPEND_EVENTS: usize = 1_000;
/// What a piece costs, wei.
const PRICE: u64 = 5_000;
/// Buyers of the orders.
const BUYERS: u64 = 1_000;
/// Events that an order's whole way makes.
pub const EVENTS_OF_AN_ORDER: usize = 9;

/// A shop's history so far, which can be told on.
pub struct Story {
    /// The shop.
    pub shop: ShopId,
    /// Who owns it.
    pub owner: Address,
    /// What it sells, oldest first.
    pub products: Vec<ProductId>,
    stocks: Vec<Aggregate<Inventory>>,
    orders: u64,
    now: OffsetDateTime,
    waiting: Vec<Decision>,
    events: usize,
}

/// An aggregate in memory.
struct Aggregate<D: Decider> {
    id: D::Id,
    state: D,
    sequence: u64,
}

impl<D: Decider> Aggregate<D> {
    fn new(id: D::Id) -> Self {
        Self {
            id,
            state: D::default(),
            sequence: 0,
        }
    }

    /// What a command adds to its stream.
    fn put(&mut self, command: &D::Command, now: OffsetDateTime) -> StreamAppend {
        use cqrs_es::DomainEvent as _;
        let events = self.state.decide(command, now).unwrap();
        let expected_sequence = self.sequence;
        self.sequence += events.len() as u64;
        let written = events.iter().map(|event| NewEvent {
            event_type: event.event_type(),
            event_version: event.event_version(),
            payload: serde_json::value::to_raw_value(event).unwrap(),
        });
        let append = StreamAppend {
            stream: StreamName::of::<D>(self.id),
            expected_sequence,
            events: written.collect(),
        };
        for event in &events {
            self.state = std::mem::take(&mut self.state).evolve(event);
        }
        append
    }
}

impl Story {
    /// A shop that sells so many products, with so many pieces of each.
    pub async fn open(log: &dyn EventLog, owner: Address, products: usize, pieces: u32) -> Self {
        let mut story = Self {
            shop: ShopId(SystemEntropy.id()),
            owner,
            products: Vec::new(),
            stocks: Vec::new(),
            orders: 0,
            now: SystemClock.now(),
            waiting: Vec::new(),
            events: 0,
        };
        let open = ShopCommand::Open {
            owner,
            name: named("Tea house"),
            payout: owner,
        };
        let opened = Aggregate::<Shop>::new(story.shop).put(&open, story.now);
        story.decided(Actor::Wallet(owner), vec![opened]);
        story.list(log, products, pieces).await;
        story
    }

    /// Lists more products, each with so many pieces.
    ///
    /// # Panics
    /// When the log refuses.
    pub async fn list(&mut self, log: &dyn EventLog, products: usize, pieces: u32) {
        for _ in 0..products {
            let id = ProductId(SystemEntropy.id());
            let number = self.products.len();
            let list = ProductCommand::List {
                shop: self.shop,
                name: named(&name_of(number)),
                description: named("From the first picking, dried in the shade; 100 g."),
                price: Some(price()),
            };
            let mut product = Aggregate::<Product>::new(id);
            let mut stock = Aggregate::<Inventory>::new(id.into());
            let by = Actor::Wallet(self.owner);
            let listed = product.put(&list, self.now);
            self.decided(by.clone(), vec![listed]);
            let published = product.put(&ProductCommand::Publish, self.now);
            self.decided(by.clone(), vec![published]);
            let receive = InventoryCommand::Receive {
                quantity: Quantity::try_from(pieces).unwrap(),
            };
            let received = stock.put(&receive, self.now);
            self.decided(by, vec![received]);
            self.products.push(id);
            self.stocks.push(stock);
            self.write_if_full(log).await;
        }
        self.write(log).await;
    }

    /// Orders of one piece each, over all products in turn, from the placing to the shipping.
    pub async fn sell(&mut self, log: &dyn EventLog, orders: usize) {
        for _ in 0..orders {
            self.order();
            self.write_if_full(log).await;
        }
        self.write(log).await;
    }

    fn order(&mut self) {
        let number = self.orders;
        self.orders += 1;
        let place = usize::try_from(number).unwrap_or_default() % self.products.len();
        let (id, product) = (OrderId(SystemEntropy.id()), self.products[place]);
        let (mut order, mut payment) = (
            Aggregate::<Order>::new(id),
            Aggregate::<Payment>::new(PaymentId::from(id)),
        );
        let buyer = buyer(number % BUYERS);
        let (now, owner) = (self.now, self.owner);
        let terms = self.terms(id, buyer);
        let log = seen(id, number);
        let placed = order.put(&self.place(place, product, buyer), now);
        let reserve = InventoryCommand::Reserve {
            order: id,
            quantity: one(),
        };
        let reserved = self.stocks[place].put(&reserve, now);
        let request = PaymentCommand::Request {
            terms: terms.clone(),
            conversion: None,
        };
        let requested = payment.put(&request, now);
        self.decided(Actor::Wallet(buyer), vec![reserved, placed, requested]);
        let detect = PaymentCommand::Detect {
            key: terms.key,
            log,
            payer: buyer,
            token: terms.token,
            amount: terms.amount,
            mined_at: None,
        };
        let detected = payment.put(&detect, now);
        self.decided(Actor::System("listener"), vec![detected]);
        let confirm = PaymentCommand::Confirm {
            log,
            confirmations: 12,
        };
        let confirmed = payment.put(&confirm, now);
        self.decided(Actor::System("listener"), vec![confirmed]);
        let paid = order.put(&OrderCommand::MarkPaid, now);
        self.decided(Actor::System("reactions"), vec![paid]);
        let approved = order.put(&OrderCommand::Approve, now);
        let commit = InventoryCommand::Commit { order: id };
        let committed = self.stocks[place].put(&commit, now);
        self.decided(Actor::Wallet(owner), vec![committed, approved]);
        let shipped = order.put(&OrderCommand::Ship { tracking: None }, now);
        self.decided(Actor::Wallet(owner), vec![shipped]);
    }

    fn place(&self, number: usize, product: ProductId, buyer: Address) -> OrderCommand {
        OrderCommand::Place {
            buyer,
            shop: self.shop,
            lines: vec![OrderLine {
                product,
                sku: SkuId::from(product),
                name: named(&name_of(number)),
                unit_price: price(),
                quantity: one(),
            }],
            pay_by: self.deadline(),
            delivery: None,
        }
    }

    fn terms(&self, order: OrderId, buyer: Address) -> Terms {
        let mut terms = Terms {
            order,
            buyer,
            seller: self.owner,
            arbiter: Address::ZERO,
            token: Address::ZERO,
            amount: price().amount,
            deadline: self.deadline(),
            hold_secs: 1_209_600,
            dispute_secs: 1_209_600,
            chain_id: CHAIN_ID,
            escrow: Address::repeat_byte(0xee),
            key: B256::ZERO,
        };
        terms.key = key_of(&terms);
        terms
    }

    fn deadline(&self) -> OffsetDateTime {
        (self.now + Duration::minutes(15))
            .replace_nanosecond(0)
            .unwrap()
    }

    /// One decision; a wallet's has an idempotency key, as the API takes none without.
    fn decided(&mut self, actor: Actor, streams: Vec<StreamAppend>) {
        let id = SystemEntropy.id();
        let idempotency = matches!(actor, Actor::Wallet(_)).then(|| IdempotencyEntry {
            key: IdempotencyKey {
                principal: actor.to_string(),
                key: id.to_string(),
            },
            request_hash: SystemEntropy.secret(),
            output: json!(id),
        });
        let events = streams.iter().map(|stream| stream.events.len());
        self.events += events.sum::<usize>();
        self.waiting.push(Decision {
            streams,
            metadata: Metadata {
                actor,
                correlation_id: id,
                causation_id: id.to_string(),
                decided_at: self.now,
            },
            idempotency,
        });
    }

    async fn write_if_full(&mut self, log: &dyn EventLog) {
        if self.events >= APPEND_EVENTS {
            self.write(log).await;
        }
    }

    async fn write(&mut self, log: &dyn EventLog) {
        self.events = 0;
        let append = Append {
            decisions: std::mem::take(&mut self.waiting),
            ..Append::default()
        };
        if append.has_events() {
            log.append(&append).await.unwrap();
        }
    }
}

/// A buyer by number.
pub fn buyer(number: u64) -> Address {
    Address::left_padding_from(&(0xb0_0000_0000 + number).to_be_bytes())
}

/// One piece.
///
/// # Panics
/// Never.
pub fn one() -> Quantity {
    Quantity::try_from(1_u32).unwrap()
}

/// What a piece costs.
pub fn price() -> Price {
    let (chain_id, token) = (CHAIN_ID, Address::ZERO);
    Price::token(Asset { chain_id, token }, BaseUnits::from(PRICE))
}

/// What a product is called.
fn name_of(number: usize) -> String {
    format!("Green tea no. {number}")
}

fn named(en: &str) -> LocalizedText {
    LocalizedText::new(None, Some(en.to_owned()))
}

/// The log of a payment: twenty of them in a block.
fn seen(order: OrderId, number: u64) -> LogRef {
    let mut tx_hash = B256::ZERO;
    tx_hash[..16].copy_from_slice(order.0.as_bytes());
    LogRef {
        chain_id: CHAIN_ID,
        block_number: number / 20,
        block_hash: B256::left_padding_from(&(number / 20).to_be_bytes()),
        tx_hash,
        log_index: number % 20,
    }
}
