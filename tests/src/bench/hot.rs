//! One product that everybody wants: through the gateway, as bare reservations and as whole
//! orders, and through GraphQL. Each ends with an audit of what is stored.

use std::sync::Arc;

use anyhow::Result;
use gage_application::{
    gateway::{Operation, Unit, UnitError},
    operations::place_order::PlaceOrder,
    ports::clock::Entropy,
};
use gage_domain::{
    ids::{OrderId, ProductId, SkuId},
    inventory::{Inventory, InventoryCommand},
    order::Wanted,
};
use gage_infrastructure::clock::SystemEntropy;
use serde::Serialize;
use sqlx::PgPool;

use super::{
    figures::grouped,
    load::{Pace, Tally, crowd},
    report::{Row, Unit as Counts},
    shop::{self, Shop, asked_by, put},
    site::{Site, order_verdict},
    sizes::Sizes,
    story::{Story, buyer, one},
    targets::Headline,
    wire::{self, Caller},
};

/// What is said of an audit that passed: it panics otherwise.
const AUDITED: &str = "audit: reserved = acknowledged = stock, the rest OUT_OF_STOCK, never more \
                       reserved than there was at any event";

/// Reserves one piece for an order, and nothing else: what a reservation alone costs.
#[derive(Debug, Clone, Serialize)]
struct Reserve {
    order: OrderId,
    product: ProductId,
}

impl Operation for Reserve {
    const NAME: &'static str = "bench_reserve";
    type Output = ();

    fn run(&self, unit: &mut Unit<'_>) -> Result<(), UnitError> {
        let reserve = InventoryCommand::Reserve {
            order: self.order,
            quantity: one(),
        };
        unit.decide::<Inventory>(SkuId::from(self.product), &reserve)?;
        Ok(())
    }
}

/// Through the gateway.
pub(super) async fn measure(sizes: &Sizes) -> Result<Vec<Row>> {
    let shop = Shop::new().await;
    let rows = vec![
        reservations(&shop, sizes).await,
        whole_orders(&shop, sizes).await,
    ];
    shop.end().await;
    Ok(rows)
}

async fn reservations(shop: &Shop, sizes: &Sizes) -> Row {
    let stock = of_tries(sizes.reservations);
    let story = Story::open(&*shop.log, buyer(0), 1, stock).await;
    let tally = reserve(shop, &story, sizes.buyers, Pace::Calls(sizes.reservations)).await;
    audit(shop, story.products[0], stock, sizes.reservations, &tally).await;
    let what = format!(
        "reservations of one product, {} buyers",
        grouped(sizes.buyers)
    );
    Row::rate(what, &tally, Counts::Reservations)
        .headline(Headline::HotReservations)
        .note(format!(
            "a command that reserves and does no more; {AUDITED}"
        ))
}

async fn whole_orders(shop: &Shop, sizes: &Sizes) -> Row {
    let stock = of_tries(sizes.hot_orders);
    let story = Story::open(&*shop.log, buyer(0), 1, stock).await;
    let tally = order(shop, &story, sizes.buyers, Pace::Calls(sizes.hot_orders)).await;
    audit(shop, story.products[0], stock, sizes.hot_orders, &tally).await;
    let what = format!(
        "orders of one product, gateway, {} buyers",
        grouped(sizes.buyers)
    );
    Row::rate(what, &tally, Counts::Orders)
        .headline(Headline::HotOrders)
        .note(format!(
            "order, reservation and payment request in one append; {AUDITED}"
        ))
}

/// Bare reservations of the story's first product.
pub(super) async fn reserve(shop: &Shop, story: &Story, buyers: usize, pace: Pace) -> Tally {
    let (gateway, product) = (shop.gateway.clone(), story.products[0]);
    crowd(buyers, pace, move |number, _| {
        let gateway = gateway.clone();
        let reserve = Reserve {
            order: OrderId(SystemEntropy.id()),
            product,
        };
        async move { put(&gateway, reserve, asked_by(buyer(number as u64))).await }
    })
    .await
}

/// Whole orders of the story's first product.
async fn order(shop: &Shop, story: &Story, buyers: usize, pace: Pace) -> Tally {
    let (gateway, seller, product) = (shop.gateway.clone(), story.shop, story.products[0]);
    crowd(buyers, pace, move |number, _| {
        let gateway = gateway.clone();
        let by = buyer(number as u64);
        let wanted = PlaceOrder {
            order: OrderId(SystemEntropy.id()),
            by,
            shop: seller,
            lines: vec![Wanted {
                product,
                quantity: one(),
            }],
            seen_prices: Vec::new(),
            pay_with: None,
            delivery: None,
        };
        async move { put(&gateway, wanted, asked_by(by)).await }
    })
    .await
}

/// Through GraphQL, by customers who are signed in, each on a connection of their own.
pub(super) async fn measure_graphql(site: &mut Site, sizes: &Sizes) -> Result<Vec<Row>> {
    let stock = of_tries(sizes.hot_requests);
    let product = site.list_one(stock).await;
    let customers = site.customers(sizes.buyers).await?;
    let wanted: Arc<[ProductId]> = [product].into();
    let callers: Vec<Caller> = customers
        .iter()
        .map(|token| site.orders_of(token, &wanted))
        .collect();
    let pace = Pace::Calls(sizes.hot_requests);
    let tally = wire::crowd(site.address(), callers, pace, order_verdict).await?;
    let pool = site.pool().await;
    let log = site.log(&pool);
    let inventory = shop::stock(&log, product).await;
    audit_stock(&inventory, stock, sizes.hot_requests, &tally);
    audit_orders(&pool, product, stock).await;
    pool.close().await;
    let what = format!(
        "orders of one product, GraphQL, {} customers",
        grouped(sizes.buyers)
    );
    let row = Row::rate(what, &tally, Counts::Orders)
        .headline(Headline::HotGraphql)
        .note(AUDITED);
    Ok(vec![row])
}

/// Stock for nine tenths of the tries.
fn of_tries(tries: u64) -> u32 {
    u32::try_from(tries * 9 / 10).unwrap()
}

async fn audit(shop: &Shop, product: ProductId, stock: u32, tries: u64, tally: &Tally) {
    let inventory = shop.stock(product).await;
    audit_stock(&inventory, stock, tries, tally);
}

fn audit_stock(inventory: &Inventory, stock: u32, tries: u64, tally: &Tally) {
    let reserved = inventory.stock().reserved();
    assert_eq!(
        u64::from(reserved),
        tally.accepted,
        "reserved, acknowledged"
    );
    assert_eq!(reserved, stock, "all of it, and not one more");
    assert_eq!(tally.refused, tries - tally.accepted, "out of stock");
    assert_eq!(inventory.stock().holders().count() as u64, tally.accepted);
}

/// Every reservation belongs to an order that is whole: its own events and its payment's.
async fn audit_orders(pool: &PgPool, product: ProductId, stock: u32) {
    let whole: i64 = sqlx::query_scalar(
        "SELECT count(*)
           FROM events r
           JOIN events o ON o.aggregate_type = 'Order' AND o.sequence = 1
            AND o.aggregate_id = r.payload #>> '{StockReserved,order}'
           JOIN events p ON p.aggregate_type = 'Payment' AND p.sequence = 1
            AND p.aggregate_id = o.aggregate_id
          WHERE r.aggregate_type = 'Inventory' AND r.aggregate_id = $1
            AND r.event_type = 'StockReserved' AND (r.xact_id, r.xact_id) = (o.xact_id, p.xact_id)",
    )
    .bind(product.to_string())
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(whole, i64::from(stock), "whole orders");
}
