//! Whole orders over GraphQL, by customers who are signed in: first as many as go, then at half
//! of that rate, at fixed moments.

use anyhow::Result;

use super::{
    figures::grouped,
    load::Pace,
    machine,
    report::{Row, Unit},
    site::{Site, order_verdict},
    sizes::Sizes,
    targets::Headline,
    wire,
};

pub(super) async fn measure(site: &mut Site, sizes: &Sizes) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (index, &products) in sizes.products.iter().enumerate() {
        site.stock_up(products).await;
        machine::checkpoint().await;
        // The larger shop stands for both.
        let last = index + 1 == sizes.products.len();
        rows.extend(at(site, sizes, products, last).await?);
    }
    Ok(rows)
}

async fn at(site: &mut Site, sizes: &Sizes, products: usize, stands: bool) -> Result<Vec<Row>> {
    let most = run(site, sizes, Pace::For(sizes.stretch)).await?;
    let half = (most.figure / 2.0).floor().max(1.0);
    let pace = Pace::Arrivals {
        per_sec: whole(half),
        length: sizes.stretch,
    };
    let at_half = run(site, sizes, pace).await?;
    let shop = grouped(products);
    let mut rows = vec![
        Row {
            what: format!("whole orders, {shop} products, as many as go"),
            ..most
        },
        Row {
            what: format!("whole orders, {shop} products, arriving at half of that rate"),
            note: "latency from the scheduled moment; p99.9 in the JSON".to_owned(),
            ..at_half
        },
    ];
    if stands {
        rows[0].headline = Some(Headline::Orders);
        rows[1].headline = Some(Headline::OrdersAtHalf);
    }
    Ok(rows)
}

async fn run(site: &mut Site, sizes: &Sizes, pace: Pace) -> Result<Row> {
    // At half of the rate nearly all callers wait for their moment; enough of them that one is
    // always free.
    let connections = match pace {
        Pace::Arrivals { .. } => sizes.connections * 4,
        Pace::For(_) | Pace::Calls(_) => sizes.connections,
    };
    let callers = site.orderers(connections).await?;
    let tally = wire::crowd(site.address(), callers, pace, order_verdict).await?;
    anyhow::ensure!(tally.refused == 0, "out of stock, though there was plenty");
    site.followed().await;
    Ok(Row::rate(String::new(), &tally, Unit::Orders))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate above zero, far below 2^64"
)]
fn whole(rate: f64) -> u64 {
    rate as u64
}
