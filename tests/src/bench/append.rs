//! Commands on distinct aggregates, through the gateway, beside what pgbench inserts into a table
//! of the log's layout on the same server: one event each, as pgbench writes one row; then with
//! an idempotency key each, which is a second row.

use anyhow::Result;
use gage_application::{gateway::Request, operations::receive_stock::ReceiveStock};
use gage_domain::value::Address;

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
    for asking in [Asking::Plainly, Asking::WithKeys] {
        for &writers in sizes.writers {
            let before = shop.events().await;
            let tally = receive(&shop, &story, writers, asking, Pace::For(sizes.stretch)).await;
            let written = shop.events().await - before;
            assert_eq!(written, tally.accepted, "acknowledged, and in the log");
            let what = match asking {
                Asking::Plainly => format!("gateway, distinct aggregates, {writers} writers"),
                Asking::WithKeys => format!("the same with idempotency keys, {writers} writers"),
            };
            let mut row = Row::rate(what, &tally, Unit::Commands)
                .beside("pgbench's best with one row an INSERT", best);
            if writers == most {
                row = row
                    .headline(asking.headline())
                    .note("every acknowledged command is in the log");
            }
            rows.push(row);
        }
    }
    shop.end().await;
    Ok(rows)
}

/// How commands are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    /// As a worker of the server asks.
    Plainly,
    /// As a client asks, with an idempotency key.
    WithKeys,
}

impl Asking {
    const fn headline(self) -> Headline {
        match self {
            Self::Plainly => Headline::Append,
            Self::WithKeys => Headline::AppendKeyed,
        }
    }

    fn request(self, by: Address) -> Request {
        let request = asked_by(by);
        match self {
            Self::Plainly => Request {
                idempotency_key: None,
                ..request
            },
            Self::WithKeys => request,
        }
    }
}

/// Each writer takes pieces into the stock of a product of its own.
pub(super) async fn receive(
    shop: &Shop,
    story: &Story,
    writers: usize,
    asking: Asking,
    pace: Pace,
) -> Tally {
    let (gateway, by) = (shop.gateway.clone(), story.owner);
    let products = story.products.clone();
    crowd(writers, pace, move |writer, _| {
        let gateway = gateway.clone();
        let receive = ReceiveStock {
            product: products[writer % products.len()],
            by,
            quantity: one(),
        };
        async move { put(&gateway, receive, asking.request(by)).await }
    })
    .await
}
