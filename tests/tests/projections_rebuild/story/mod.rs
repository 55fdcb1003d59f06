//! A shop's random story: every command there is, legal and not, decided by the domain and
//! appended to a real log.

mod order;

use std::collections::BTreeMap;

use cqrs_es::DomainEvent;
use gage_application::{
    event::StreamName,
    metadata::{Actor, Metadata},
    ports::event_log::{Decision, EventLog, NewEvent, StreamAppend},
};
use gage_domain::{
    decider::Decider,
    ids::{OrderId, PayoutId, ProductId, ShopId, SkuId},
    inventory::{Inventory, InventoryCommand},
    order::Order,
    payment::{LogRef, Payment},
    payout::{Payout, PayoutCommand},
    product::{Product, ProductCommand},
    shop::{Shop, ShopCommand},
    text::LocalizedText,
    value::{Address, Asset, B256, BaseUnits, Currency, Fiat, ImageHash, Price, Quantity},
};
use serde_json::value::to_raw_value;
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

const DAWN: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const PRODUCTS: u64 = 3;

/// Streams of one kind, as this writer knows them; nobody else writes them.
type Streams<D> = BTreeMap<<D as Decider>::Id, (D, u64)>;

/// One shop, its products, orders and payments.
pub(crate) struct Story {
    number: u64,
    random: u64,
    minutes: i64,
    orders: u64,
    shops: Streams<Shop>,
    products: Streams<Product>,
    stock: Streams<Inventory>,
    order: Streams<Order>,
    payments: Streams<Payment>,
    payouts: Streams<Payout>,
}

/// What one append will write.
#[derive(Default)]
struct Draft(Vec<StreamAppend>);

impl Story {
    /// The story of a shop; the same number gives the same story.
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            random: 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number + 1),
            minutes: 0,
            orders: 0,
            shops: Streams::<Shop>::new(),
            products: Streams::<Product>::new(),
            stock: Streams::<Inventory>::new(),
            order: Streams::<Order>::new(),
            payments: Streams::<Payment>::new(),
            payouts: Streams::<Payout>::new(),
        }
    }

    /// Opens the shop, and lets `steps` random things be tried.
    pub(crate) async fn play(&mut self, log: &dyn EventLog, steps: usize) {
        self.open(log).await;
        for _ in 0..steps {
            self.step(log).await;
        }
    }

    /// One random thing, which the rules may refuse.
    pub(crate) async fn step(&mut self, log: &dyn EventLog) {
        self.minutes += 1;
        let mut draft = Draft::default();
        match self.below(22) {
            0 => self.shop(&mut draft),
            1..=2 => self.product(&mut draft),
            3 => self.count(&mut draft),
            4..=5 => self.place(&mut draft),
            6..=12 => self.follow_order(&mut draft),
            13..=14 => self.take_out(&mut draft),
            _ => self.follow_payment(&mut draft),
        }
        self.write(log, draft).await;
    }

    async fn open(&mut self, log: &dyn EventLog) {
        let mut draft = Draft::default();
        let (shop, owner, now) = (self.shop_id(), self.wallet(0), self.now());
        let open = ShopCommand::Open {
            owner,
            name: name("Shop"),
            payout: owner,
        };
        try_on(&mut self.shops, shop, &open, now, &mut draft);
        self.write(log, std::mem::take(&mut draft)).await;
        for number in 0..PRODUCTS {
            let product = self.product_id(number);
            let list = ProductCommand::List {
                shop,
                name: name("Bean"),
                description: LocalizedText::default(),
                price: Some(price(10 + number)),
            };
            try_on(&mut self.products, product, &list, now, &mut draft);
            try_on(
                &mut self.products,
                product,
                &ProductCommand::Publish,
                now,
                &mut draft,
            );
            let receive = InventoryCommand::Receive {
                quantity: pieces(30),
            };
            try_on(
                &mut self.stock,
                SkuId::from(product),
                &receive,
                now,
                &mut draft,
            );
        }
        self.write(log, draft).await;
    }

    fn shop(&mut self, draft: &mut Draft) {
        let (id, by, now) = (self.shop_id(), self.wallet(0), self.now());
        let command = match self.below(2) {
            0 => ShopCommand::Revise {
                by,
                name: name(&format!("Shop {}", self.minutes)),
            },
            _ => ShopCommand::ChangePayoutAddress {
                by,
                payout: self.wallet(50),
            },
        };
        try_on(&mut self.shops, id, &command, now, draft);
    }

    /// Somebody takes money out, or it is found that they did not.
    fn take_out(&mut self, draft: &mut Draft) {
        let wallet = [0, 50, 60, 61][usize::try_from(self.below(4)).unwrap()];
        let (id, now) = (self.payout_id(wallet), self.now());
        let block = self.below(6);
        let log = LogRef {
            chain_id: 1337,
            block_number: block,
            block_hash: B256::with_last_byte(u8::try_from(block).unwrap()),
            tx_hash: B256::repeat_byte(9),
            log_index: 0,
        };
        let amount = BaseUnits::from(1 + self.below(9));
        let command = match self.below(4) {
            0 => PayoutCommand::RevertWithdrawal { log },
            _ => PayoutCommand::RecordWithdrawal { log, amount },
        };
        try_on(&mut self.payouts, id, &command, now, draft);
    }

    fn payout_id(&self, wallet: u64) -> PayoutId {
        PayoutId {
            chain_id: 1337,
            escrow: Address::repeat_byte(0xe5),
            account: self.wallet(wallet),
            token: Address::ZERO,
        }
    }

    fn product(&mut self, draft: &mut Draft) {
        let (id, now) = (self.any_product(), self.now());
        let command = match self.below(6) {
            0 => ProductCommand::Revise {
                name: name(&format!("Bean {}", self.minutes)),
                description: name("Roasted"),
            },
            1 => ProductCommand::ChangePrice {
                price: price(1 + self.below(1000)),
            },
            2 => ProductCommand::ChangeImage {
                image: match self.below(4) {
                    0 => None,
                    number => Some(ImageHash(B256::left_padding_from(&number.to_be_bytes()))),
                },
            },
            3 => ProductCommand::ChangeLowStockMark {
                mark: match self.below(4) {
                    0 => None,
                    number => Some(pieces(number)),
                },
            },
            4 => ProductCommand::Publish,
            _ => ProductCommand::Unpublish,
        };
        try_on(&mut self.products, id, &command, now, draft);
    }

    fn count(&mut self, draft: &mut Draft) {
        let (id, now) = (SkuId::from(self.any_product()), self.now());
        let command = match self.below(2) {
            0 => InventoryCommand::Receive {
                quantity: pieces(1 + self.below(20)),
            },
            _ => InventoryCommand::Adjust {
                delta: i64::try_from(self.below(20)).unwrap() - 15,
                reason: "counted".to_owned(),
            },
        };
        try_on(&mut self.stock, id, &command, now, draft);
    }

    async fn write(&mut self, log: &dyn EventLog, draft: Draft) {
        if draft.0.is_empty() {
            return;
        }
        let mut streams: BTreeMap<StreamName, StreamAppend> = BTreeMap::new();
        for part in draft.0 {
            match streams.get_mut(&part.stream) {
                Some(stream) => stream.events.extend(part.events),
                None => {
                    streams.insert(part.stream.clone(), part);
                }
            }
        }
        let decision = Decision {
            streams: streams.into_values().collect(),
            metadata: Metadata {
                actor: Actor::Wallet(self.wallet(0)),
                correlation_id: Uuid::from_u128(u128::from(self.number)),
                causation_id: "a story".to_owned(),
                decided_at: self.now(),
            },
            idempotency: None,
        };
        log.append(&decision.into())
            .await
            .expect("nobody else writes these streams");
    }

    fn now(&self) -> OffsetDateTime {
        DAWN + Duration::minutes(self.minutes)
    }

    /// xorshift64: the stories need variety, not secrecy.
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }

    fn id(&self, kind: u64, number: u64) -> Uuid {
        Uuid::from_u64_pair((self.number << 8) | kind, number)
    }

    pub(crate) fn shop_id(&self) -> ShopId {
        ShopId(self.id(1, 0))
    }

    pub(crate) fn product_id(&self, number: u64) -> ProductId {
        ProductId(self.id(2, number))
    }

    fn any_product(&mut self) -> ProductId {
        let number = self.below(PRODUCTS);
        self.product_id(number)
    }

    fn order_id(&self, number: u64) -> OrderId {
        OrderId(self.id(3, number))
    }

    /// One of the last five orders; they get far before they are left alone.
    fn recent_order(&mut self) -> OrderId {
        let back = self.below(5).min(self.orders.saturating_sub(1));
        self.order_id(self.orders - back)
    }

    fn wallet(&self, number: u64) -> Address {
        Address::left_padding_from(&(1 + self.number * 100 + number).to_be_bytes())
    }
}

/// Lets an aggregate decide; whether something happened.
fn try_on<D: Decider>(
    streams: &mut Streams<D>,
    id: D::Id,
    command: &D::Command,
    now: OffsetDateTime,
    draft: &mut Draft,
) -> bool {
    let (state, sequence) = streams.remove(&id).unwrap_or_default();
    let events = state.decide(command, now).unwrap_or_default();
    let after = events.iter().fold(state, D::evolve);
    streams.insert(id, (after, sequence + u64::try_from(events.len()).unwrap()));
    let happened = !events.is_empty();
    if happened {
        draft.0.push(StreamAppend {
            stream: StreamName::of::<D>(id),
            expected_sequence: sequence,
            events: events.iter().map(stored).collect(),
        });
    }
    happened
}

fn stored<E: DomainEvent>(event: &E) -> NewEvent {
    NewEvent {
        event_type: event.event_type(),
        event_version: event.event_version(),
        payload: to_raw_value(event).unwrap(),
    }
}

fn name(en: &str) -> LocalizedText {
    LocalizedText::new(Some("이름".to_owned()), Some(en.to_owned()))
}

fn price(amount: u64) -> Price {
    // Of every kind: as they were when a server had one chain, as they are now, and in money.
    let (token, amount) = (Address::ZERO, BaseUnits::from(amount));
    match amount.0.to::<u64>() % 4 {
        0 => Price::fiat(Fiat::Krw, amount),
        1 => Price::fiat(Fiat::Usd, amount),
        2 => Price::token(
            Asset {
                chain_id: 10,
                token,
            },
            amount,
        ),
        _ => Price {
            currency: Currency::Token {
                chain_id: None,
                token,
            },
            amount,
        },
    }
}

fn pieces(number: u64) -> Quantity {
    Quantity::try_from(i64::try_from(number).unwrap()).unwrap()
}
