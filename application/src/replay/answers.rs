//! What read models answered at a moment: the witness's rows of one order, product or payment.

use std::collections::BTreeMap;

use gage_domain::{
    decider::Decider,
    ids::{OrderId, ProductId, ShopId, SkuId},
    inventory::Inventory,
    order::Order,
    payment::Payment,
    product::Product,
    shop::Shop,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    catalogue::{Catalogue, wallets},
    entry::Snapshots,
    finding::Findings,
    life::Life,
    stock::StockFold,
    witness::{self, Table, timeline},
};
use crate::{
    event::{Fact, Recorded, StreamName},
    ports::replay::Row,
};

/// Rows by table, as documents.
pub(crate) type Answers = BTreeMap<String, Vec<Value>>;

/// What read models answered about a stream's thing after these events, which are in the order of
/// the log and all that says it.
pub(crate) fn of(stream: &StreamName, events: &[Recorded]) -> Answers {
    let Ok(id) = Uuid::parse_str(&stream.aggregate_id) else {
        return Answers::new();
    };
    match stream.aggregate_type.as_str() {
        Order::TYPE | Payment::TYPE => order(OrderId(id), events),
        Product::TYPE | Inventory::TYPE => product(ProductId(id), events),
        Shop::TYPE => shop(ShopId(id), events),
        _ => Answers::new(),
    }
}

fn order(id: OrderId, events: &[Recorded]) -> Answers {
    let (mut life, mut shown) = (Life::default(), Vec::new());
    let (mut snapshots, mut findings) = (Snapshots::new(), Findings::default());
    for event in events {
        let (milestone, details) = match &event.fact {
            Fact::Order(_, happened) => {
                life.order(id, event, happened, &mut snapshots, &mut findings);
                timeline::of_order(happened)
            }
            Fact::Payment(_, happened) => {
                life.payment(id.into(), event, happened, &mut snapshots, &mut findings);
                timeline::of_payment(happened)
            }
            _ => continue,
        };
        shown.push(json!({
            "position": event.position.to_string(),
            "milestone": milestone,
            "at": event.metadata.decided_at.unix_timestamp(),
            "actor": event.metadata.actor.to_string(),
            "details": serde_json::from_str::<Value>(&details).unwrap_or_default(),
        }));
    }
    let mut answers = Answers::new();
    put(&mut answers, &witness::ORDERS, witness::order(id, &life));
    for number in 0.. {
        let Some(row) = witness::line(id, &life, number) else {
            break;
        };
        put(&mut answers, &witness::LINES, Some(row));
    }
    answers.insert("orders.timeline".to_owned(), shown);
    put(
        &mut answers,
        &witness::PAYMENTS,
        witness::payment(id, &life),
    );
    for number in 0.. {
        let Some(row) = witness::attempt(id, &life, number) else {
            break;
        };
        put(&mut answers, &witness::ATTEMPTS, Some(row));
    }
    let held = witness::ledger_payment(id, &life);
    put(&mut answers, &witness::LEDGER_PAYMENTS, held);
    answers
}

fn product(id: ProductId, events: &[Recorded]) -> Answers {
    let (mut catalogue, mut stock) = (Catalogue::default(), StockFold::default());
    let (mut snapshots, mut findings) = (Snapshots::new(), Findings::default());
    for event in events {
        match &event.fact {
            Fact::Product(_, happened) => {
                catalogue.product(id, event, happened, &mut snapshots, &mut findings);
            }
            Fact::Inventory(sku, happened) => {
                stock.take(*sku, event, happened, &mut snapshots, &mut findings);
            }
            _ => {}
        }
    }
    let mut answers = Answers::new();
    if let Some(product) = catalogue.products.get(&id) {
        let row = witness::product(id, product);
        put(&mut answers, &witness::PRODUCTS, row);
    }
    let row = witness::stock(SkuId::from(id), &stock);
    put(&mut answers, &witness::STOCK, row);
    answers
}

fn shop(id: ShopId, events: &[Recorded]) -> Answers {
    let mut catalogue = Catalogue::default();
    let (mut snapshots, mut findings) = (Snapshots::new(), Findings::default());
    for event in events {
        if let Fact::Shop(_, happened) = &event.fact {
            catalogue.shop(id, event, happened, &mut snapshots, &mut findings);
        }
    }
    let mut answers = Answers::new();
    if let Some(shop) = catalogue.shops.get(&id) {
        put(&mut answers, &witness::SHOPS, witness::shop(id, shop));
        put(&mut answers, &witness::OWNERS, witness::owner(id, shop));
        for (wallet, at) in wallets(&shop.payouts) {
            let row = witness::wallet(id, wallet, at);
            put(&mut answers, &witness::WALLETS, Some(row));
        }
    }
    answers
}

fn put(answers: &mut Answers, table: &Table, row: Option<Row>) {
    let name = format!("{}.{}", table.model.name(), table.name);
    let rows = answers.entry(name).or_default();
    if let Some(row) = row {
        let columns = table.columns.iter().zip(row);
        let fields: Map<String, Value> = columns
            .map(|(column, value)| ((*column).to_owned(), value.into()))
            .collect();
        rows.push(Value::Object(fields));
    }
}
