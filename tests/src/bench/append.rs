//! Commands on distinct aggregates: one event and one idempotency key each, through the gateway,
//! beside what pgbench inserts into a table of the log's layout on the same server.

use anyhow::Result;
use gage_application::operations::receive_stock::ReceiveStock;

use super::{
    load::{Pace, Tally, crowd},
    pgbench::{self, Rows},
    report::{Row, Unit},
    shop::{Shop, asked_by, put},
    sizes::Sizes,
    story::{Story, buyer, one},
    targets::Headline,
};

/// Clients that write a hundred rows a statement.
const BULK_CLIENTS: [usize; 2] = [1, 4];

pub(super) async fn measure(sizes: &Sizes) -> Result<Vec<Row>> {
    let shop = Shop::new().await;
    let most = sizes.writers.iter().copied().max().unwrap_or(1);
    let story = Story::open(&*shop.log, buyer(0), most, 1).await;
    let mut rows = Vec::new();
    let mut singles = Vec::new();
    for &clients in sizes.writers {
        pgbench::table(&shop.pool).await?;
        let single = pgbench::insert(shop.url(), Rows::Single, clients, sizes.stretch).await?;
        singles.push(single.rows_per_sec);
        let what = format!("pgbench, one row an INSERT, {clients} clients");
        let mut row = Row::of(what, single.rows_per_sec, Unit::Events);
        row.tail = Some(single.tail);
        rows.push(row);
    }
    for clients in BULK_CLIENTS {
        pgbench::table(&shop.pool).await?;
        let bulk = pgbench::insert(shop.url(), Rows::Hundred, clients, sizes.stretch).await?;
        let what = format!("pgbench, 100 rows an INSERT, {clients} clients");
        let mut row = Row::of(what, bulk.rows_per_sec, Unit::Events);
        row.tail = Some(bulk.tail);
        rows.push(row);
    }
    let best = singles.into_iter().fold(0.0, f64::max);
    for &writers in sizes.writers {
        let before = shop.events().await;
        let tally = receive(&shop, &story, writers, Pace::For(sizes.stretch)).await;
        let written = shop.events().await - before;
        assert_eq!(written, tally.accepted, "acknowledged, and in the log");
        let what = format!("gateway, distinct aggregates, {writers} writers");
        let mut row = Row::rate(what, &tally, Unit::Commands)
            .beside("pgbench's best with one row an INSERT", best);
        if writers == most {
            row = row
                .headline(Headline::Append)
                .note("each command with an idempotency key; every acknowledged one is in the log");
        }
        rows.push(row);
    }
    shop.end().await;
    Ok(rows)
}

/// Each writer takes pieces into the stock of a product of its own.
pub(super) async fn receive(shop: &Shop, story: &Story, writers: usize, pace: Pace) -> Tally {
    let (gateway, by) = (shop.gateway.clone(), story.owner);
    let products = story.products.clone();
    crowd(writers, pace, move |writer, _| {
        let gateway = gateway.clone();
        let receive = ReceiveStock {
            product: products[writer % products.len()],
            by,
            quantity: one(),
        };
        async move { put(&gateway, receive, asked_by(by)).await }
    })
    .await
}
