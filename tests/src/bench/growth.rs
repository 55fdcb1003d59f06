//! What a long log costs: the same commands, page and rebuild on logs of several lengths. The
//! looks at the logs take turns, so that a busy moment of the machine hits all of them alike.

use std::time::Instant;

use anyhow::Result;
use gage_projections::{
    PageRequest, PageSize,
    catalog::{CatalogQueries, ProductFilter, StockLevel, Visibility},
    name::ProjectionName,
};

use super::{
    append::{self, Asking},
    figures::{self, grouped},
    hot,
    load::{Pace, Tally},
    replay::rebuilt,
    report::{Row, Unit},
    shop::Shop,
    sizes::Sizes,
    story::{EVENTS_OF_AN_ORDER, Story, buyer},
    targets::Headline,
};

/// Writers on distinct aggregates.
const WRITERS: usize = 64;
/// Products of each shop.
const PRODUCTS: usize = 1_000;
/// Pages of products that are asked for in one look.
const PAGES: u32 = 200;

/// A figure of a log of some size.
type Cost = fn(&Aged) -> f64;

/// A shop with a log of some length, and what was found in it.
struct Aged {
    events: usize,
    shop: Shop,
    story: Story,
    /// The hot product, in a story of its own: its stream is as long in each log.
    hot: Story,
    command_micros: Vec<f64>,
    hot_micros: Vec<f64>,
    page_millis: Vec<f64>,
}

pub(super) async fn measure(sizes: &Sizes) -> Result<Vec<Row>> {
    let mut logs = Vec::new();
    for &events in sizes.logs {
        logs.push(Aged::grown(events).await?);
    }
    let (commands, looks) = sizes.look;
    for _ in 0..looks {
        for log in &mut logs {
            log.look(commands).await?;
        }
    }
    let mut rows = Vec::new();
    let kinds: [(&str, Cost, Unit); 3] = [
        ("distinct aggregates", Aged::command, Unit::MicrosPerCommand),
        ("one hot product", Aged::hot_command, Unit::MicrosPerCommand),
        ("a page of products", Aged::page, Unit::Millis),
    ];
    for (what, cost, unit) in kinds {
        let least = logs.first().map_or(0.0, cost);
        for (index, log) in logs.iter().enumerate() {
            let events = log.events;
            let what = format!("{what}, {} events in the log", grouped(events));
            let mut row = Row::of(what, cost(log), unit);
            if index > 0 {
                row = row.beside(format!("at {}", grouped(sizes.logs[0])), least);
            }
            if index + 1 == logs.len() && unit == Unit::MicrosPerCommand {
                row = row.headline(Headline::Growth);
            }
            rows.push(row);
        }
    }
    for log in logs {
        let events = log.events;
        let row = rebuilt(&log.shop, ProjectionName::Orders).await?;
        rows.push(Row {
            what: format!("rebuild of orders, {} events in the log", grouped(events)),
            headline: None,
            ..row
        });
        log.shop.end().await;
    }
    Ok(rows)
}

impl Aged {
    async fn grown(events: usize) -> Result<Self> {
        let shop = Shop::new().await;
        // Three events list a product.
        let products = PRODUCTS.min(events / 6);
        let mut story = Story::open(&*shop.log, buyer(0), products, 1_000_000).await;
        let orders = events.saturating_sub(products * 3) / EVENTS_OF_AN_ORDER;
        story.sell(&*shop.log, orders).await;
        let hot = Story::open(&*shop.log, buyer(0), 1, 1_000_000).await;
        shop.analyse().await;
        shop.settle().await;
        for (_, read_model) in shop.read_models() {
            read_model.run_to_end().await?;
        }
        shop.analyse().await;
        let mut aged = Self {
            events,
            shop,
            story,
            hot,
            command_micros: Vec::new(),
            hot_micros: Vec::new(),
            page_millis: Vec::new(),
        };
        // Aggregates come into memory, and pages into the database's: that is not what grows.
        append::receive(
            &aged.shop,
            &aged.story,
            WRITERS,
            Asking::WithKeys,
            Pace::Calls(products as u64),
        )
        .await;
        aged.look(100).await?;
        aged.command_micros.clear();
        aged.hot_micros.clear();
        aged.page_millis.clear();
        Ok(aged)
    }

    async fn look(&mut self, commands: u64) -> Result<()> {
        let pace = Pace::Calls(commands);
        let distinct =
            append::receive(&self.shop, &self.story, WRITERS, Asking::WithKeys, pace).await;
        let one = hot::reserve(&self.shop, &self.hot, WRITERS, pace).await;
        let queries = CatalogQueries::new(self.shop.pool.clone());
        let began = Instant::now();
        for _ in 0..PAGES {
            page(&queries).await?;
        }
        let each = began.elapsed() / PAGES;
        self.command_micros.push(micros(&distinct));
        self.hot_micros.push(micros(&one));
        self.page_millis.push(each.as_secs_f64() * 1_000.0);
        Ok(())
    }

    fn command(&self) -> f64 {
        figures::median(self.command_micros.clone())
    }

    fn hot_command(&self) -> f64 {
        figures::median(self.hot_micros.clone())
    }

    fn page(&self) -> f64 {
        figures::median(self.page_millis.clone())
    }
}

/// A page of products as the list shows it.
async fn page(queries: &CatalogQueries) -> Result<()> {
    let filter = ProductFilter {
        search: None,
        shop: None,
        level: StockLevel::Any,
        visibility: Visibility::Published,
    };
    let request = PageRequest::first(PageSize::try_from(20_i64)?);
    queries.products(&filter, &request).await?;
    Ok(())
}

/// Of one command, with all writers at work.
fn micros(tally: &Tally) -> f64 {
    1_000_000.0 / tally.rate()
}
