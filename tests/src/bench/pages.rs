//! Pages that people look at: a list of products with live stock, and an order; each beside a
//! bare handler that answers the same bytes.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{
    bare::Bare,
    figures::{Latencies, grouped, median},
    load::Pace,
    report::{Row, Unit},
    site::{Site, global_id, order_verdict},
    sizes::Sizes,
    targets::Headline,
    wire::{self, Caller, Wire, always, sound},
};
use crate::{actors::Person, node::wallet};

/// Products of a page.
const PAGE: usize = 20;
/// Turns of the server and of the bare handler; the middle one of each counts.
const TURNS: u32 = 3;
/// Orders a second that come in while the list is looked at.
const ORDERS_BESIDE: u64 = 300;

const LIST: &str = "{products(first:20){nodes{id name{ko en} price{token amount} available \
                    shop{id name{ko en}}} pageInfo{hasNextPage endCursor}}}";

const ORDER: &str = "query($id:ID!){order(id:$id){id status buyer placedAt payBy \
                     shop{id name{ko en}} total{token amount} rejectionReason \
                     tracking{carrier number} \
                     lines{productId quantity name{ko en} unitPrice{token amount}} \
                     payment{status confirmations confirmationsRequired deadline payer \
                     transactionHash held released refunded} \
                     timeline{event at by cursor details} cursor}}";

pub(super) async fn measure(site: &mut Site, sizes: &Sizes) -> Result<Vec<Row>> {
    site.stock_up(PAGE).await;
    let list = wire::post(None, &json!({ "query": LIST }).to_string());
    let products = site.products.len();
    let page = ask(site, &list).await?;
    let shown = page["data"]["products"]["nodes"].as_array();
    ensure!(
        shown.is_some_and(|nodes| nodes.len() == PAGE),
        "a page: {page}"
    );

    let customer = Person::signed_in(&site.stack.server.url(), wallet(1)).await;
    let (shop, product) = (&site.story.shop, &site.products[0]);
    let order = customer
        .orders(&global_id("Shop", shop), &global_id("Product", product), 1)
        .await
        .map_err(|refused| anyhow::anyhow!("{refused}"))?;
    site.followed().await;
    let body = json!({ "query": ORDER, "variables": { "id": order } }).to_string();
    let order = wire::post(customer.client.token(), &body);
    let page = ask(site, &order).await?;
    let timeline = page["data"]["order"]["timeline"].as_array();
    ensure!(
        timeline.is_some_and(|told| told.len() == 2),
        "an order: {page}"
    );

    let list_row = beside_bare(site, sizes, &list).await?;
    let busy_row = while_orders_come_in(site, sizes, &list).await?;
    let order_row = beside_bare(site, sizes, &order).await?;
    Ok(vec![
        Row {
            what: format!("product list, 20 of {}, with live stock", grouped(products)),
            headline: Some(Headline::ProductList),
            ..list_row
        },
        Row {
            what: format!("the same while {ORDERS_BESIDE} orders a second come in"),
            headline: Some(Headline::ProductListBusy),
            ..busy_row
        },
        Row {
            what: "order page, for its buyer".to_owned(),
            headline: Some(Headline::OrderPage),
            ..order_row
        },
    ])
}

async fn ask(site: &Site, request: &[u8]) -> Result<Value> {
    let mut wire = Wire::connect(site.address()).await?;
    let answer = wire.exchange(request).await?;
    sound(answer)?;
    serde_json::from_slice(answer).context("an answer that is no JSON")
}

/// The server and the bare handler take turns, so that a busy moment of the machine hits both.
async fn beside_bare(site: &Site, sizes: &Sizes, request: &[u8]) -> Result<Row> {
    let mut wire = Wire::connect(site.address()).await?;
    let bare = Bare::start(wire.exchange(request).await?).await?;
    let pace = Pace::For(sizes.stretch / TURNS);
    let (mut ours, mut least) = (Vec::new(), Vec::new());
    let mut latencies = Latencies::default();
    for _ in 0..TURNS {
        let callers = || -> Vec<Caller> {
            (0..sizes.connections)
                .map(|_| always(request.to_vec()))
                .collect()
        };
        least.push(
            wire::crowd(bare.address, callers(), pace, sound)
                .await?
                .rate(),
        );
        let tally = wire::crowd(site.address(), callers(), pace, sound).await?;
        ours.push(tally.rate());
        latencies.merge(&tally.latencies);
    }
    bare.end();
    let mut row = Row::of(String::new(), median(ours), Unit::Requests)
        .beside("bare axum handler, same bytes", median(least));
    row.tail = Some(latencies.tail());
    Ok(row)
}

async fn while_orders_come_in(site: &mut Site, sizes: &Sizes, request: &[u8]) -> Result<Row> {
    let orders = site.orderers(sizes.connections).await?;
    let looks: Vec<Caller> = (0..sizes.connections)
        .map(|_| always(request.to_vec()))
        .collect();
    let arrivals = Pace::Arrivals {
        per_sec: ORDERS_BESIDE,
        length: sizes.stretch,
    };
    let at = site.address();
    let (looks, orders) = tokio::try_join!(
        wire::crowd(at, looks, Pace::For(sizes.stretch), sound),
        wire::crowd(at, orders, arrivals, order_verdict),
    )?;
    let tail = orders.tail();
    let note = format!(
        "meanwhile {:.0} orders a second, p99 {:.1} ms",
        orders.rate(),
        tail.p99_ms
    );
    Ok(Row::rate(String::new(), &looks, Unit::Requests).note(note))
}
