//! Reading the whole log, and what read models make of it: following, and rebuilt.

use std::time::Instant;

use anyhow::{Result, ensure};
use futures::TryStreamExt;
use gage_application::{ports::event_log::EventLog, position::LogPosition};
use gage_projections::{name::ProjectionName, rebuild::rebuild};
use sqlx::postgres::PgPoolCopyExt;

use super::{
    audit,
    figures::{per_sec, real},
    report::{Row, Unit},
    shop::Shop,
    sizes::Sizes,
    story::{EVENTS_OF_AN_ORDER, Story, buyer},
    targets::Headline,
};

/// Events that are read at once.
const PAGE: u32 = 1_000;
/// Products of the shop whose log is replayed.
const PRODUCTS: usize = 200;
/// How many times shorter the log is whose replay shows that memory is bounded.
const LESS: usize = 10;
/// The read model that stands for the others: it takes most events, and makes most rows.
const STANDS: ProjectionName = ProjectionName::Orders;

pub(super) async fn measure(sizes: &Sizes) -> Result<Vec<Row>> {
    let orders = sizes.replayed / EVENTS_OF_AN_ORDER;
    let began = Instant::now();
    let (shop, events) = history(orders).await;
    let appended = per_sec(events, began.elapsed());
    shop.analyse().await;
    shop.settle().await;
    let mut rows = vec![
        Row::of("histories appended in bulk", appended, Unit::Events)
            .note("decided by the domain and appended 1,000 events at once; fills the logs here"),
    ];
    let (raw, copied) = raw(&shop, events).await?;
    rows.push(raw);
    for (name, read_model) in shop.read_models() {
        let began = Instant::now();
        read_model.run_to_end().await?;
        let rate = per_sec(events, began.elapsed());
        let mut row = Row::of(format!("catch-up of {name}"), rate, Unit::Events);
        if name == STANDS.as_str() {
            row = row.headline(Headline::CatchUp);
        }
        rows.push(row);
    }
    let began = Instant::now();
    shop.tree().run_to_end().await?;
    let grown = per_sec(events, began.elapsed());
    rows.push(Row::of("growth of the tree", grown, Unit::Events));
    rows.extend(audit::replayed(&shop, events, copied).await?);
    rows.push(audit::memory_of_less(orders / LESS).await?);
    for name in ProjectionName::ALL {
        rows.push(rebuilt(&shop, name).await?);
    }
    shop.end().await;
    Ok(rows)
}

/// A shop with a history of so many orders, and how many events that are.
pub(super) async fn history(orders: usize) -> (Shop, u64) {
    let shop = Shop::new().await;
    let mut story = Story::open(&*shop.log, buyer(0), PRODUCTS.min(orders), 1_000_000).await;
    story.sell(&*shop.log, orders).await;
    let events = shop.events().await;
    (shop, events)
}

/// The log through its reader, beside the same rows as the server copies them out; and how many of
/// these it copies in a second.
async fn raw(shop: &Shop, events: u64) -> Result<(Row, f64)> {
    let began = Instant::now();
    let (mut from, mut read) = (LogPosition::START, 0);
    loop {
        let page = shop.log.read_after(from, PAGE, &[]).await?;
        read += page.events.len() as u64;
        from = page.events.last().map_or(from, |event| event.position);
        if page.at_end {
            break;
        }
    }
    ensure!(read == events, "{read} of {events} events were read");
    let rate = per_sec(read, began.elapsed());
    let began = Instant::now();
    let copy = "COPY (SELECT * FROM events ORDER BY xact_id, position) TO STDOUT";
    let rows = shop
        .pool
        .copy_out_raw(copy)
        .await?
        .try_fold(0_u64, |rows, chunk| async move {
            Ok(rows + chunk.split(|&byte| byte == b'\n').skip(1).count() as u64)
        })
        .await?;
    ensure!(rows == events, "{rows} of {events} rows were copied");
    let copied = per_sec(rows, began.elapsed());
    let row = Row::of("replay of the whole log", rate, Unit::Events)
        .headline(Headline::Replay)
        .beside("COPY of the same rows", copied);
    Ok((row, copied))
}

/// One read model, from the log to the swap.
pub(super) async fn rebuilt(shop: &Shop, name: ProjectionName) -> Result<Row> {
    let began = Instant::now();
    let report = rebuild(&shop.pool, shop.log.clone(), name, &|_| {}).await?;
    ensure!(report.identical_to_live(), "{:?}", report.differences);
    let rate = per_sec(report.events, began.elapsed());
    let rows = real(report.rows);
    let mut row = Row::of(format!("rebuild of {name}"), rate, Unit::Events)
        .note(format!("{rows:.0} rows, identical to the live ones"));
    if name == STANDS {
        row = row.headline(Headline::Rebuild);
    }
    Ok(row)
}
