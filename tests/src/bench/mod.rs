//! The benchmark: everything is measured in one run, each figure beside its baseline on the same
//! servers. `script/bench` calls it; a test runs it in tiny sizes, so that it goes on working.
//!
//! A measurement is a file: a function of the sizes (and the server, if it needs one) that gives
//! rows of the report. It trusts no acknowledgement: what was acknowledged is looked up in the
//! log, and a fault ends the run. To add one: the file, a variant of [`Measurement`], and a line
//! in `Bench::measure`.

mod append;
mod audit;
mod backfill;
pub mod bare;
pub mod figures;
mod growth;
mod hot;
mod live;
pub mod load;
pub mod machine;
mod orders;
mod pages;
mod pgbench;
mod process;
mod replay;
pub mod report;
pub mod shop;
pub mod site;
pub mod sizes;
pub mod story;
pub mod table;
pub mod targets;
pub mod wire;

use std::time::Instant;

use anyhow::{Context, Result};
use gage_application::ports::clock::Clock;
use gage_infrastructure::clock::SystemClock;

use self::{
    machine::Machine,
    report::{Report, Row},
    site::Site,
    sizes::{Form, Sizes},
};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Measurement {
    /// Commands on distinct aggregates, beside pgbench.
    Append,
    /// One product that everybody wants, through the gateway.
    Hot,
    /// The log read, and projected.
    Replay,
    /// What a long log costs.
    Growth,
    /// Payments found on the chain.
    Backfill,
    /// One product that everybody wants, over GraphQL.
    HotGraphql,
    /// Whole orders over GraphQL.
    Orders,
    /// Pages that people look at.
    Pages,
    /// From an event to its subscribers.
    Subscriptions,
    /// The server as a process, after all of it.
    Server,
}

/// Measures, and reports.
///
/// # Errors
/// The first fault; what was measured until then is lost.
pub async fn run(form: Form, mut wanted: Vec<Measurement>) -> Result<Report> {
    wanted.sort_unstable();
    wanted.dedup();
    let began = Instant::now();
    let mut bench = Bench {
        sizes: Sizes::from(form),
        site: None,
    };
    let mut rows = Vec::new();
    for measurement in wanted {
        let secs = began.elapsed().as_secs();
        eprintln!("    {:>2}:{:02}  {measurement:?}", secs / 60, secs % 60);
        machine::checkpoint().await;
        let measured = bench.measure(measurement).await;
        rows.extend(measured.with_context(|| bench.at_fault(measurement))?);
    }
    bench.end().await;
    Ok(Report {
        machine: Machine::this().await,
        form,
        date: SystemClock.now().date().to_string(),
        commit: machine::commit(),
        took_secs: began.elapsed().as_secs(),
        rows,
    })
}

struct Bench {
    sizes: Sizes,
    /// Opened when first needed, so that its memory at the end is of all that it served.
    site: Option<Site>,
}

impl Bench {
    async fn measure(&mut self, measurement: Measurement) -> Result<Vec<Row>> {
        let sizes = self.sizes.clone();
        match measurement {
            Measurement::Append => append::measure(&sizes).await,
            Measurement::Hot => hot::measure(&sizes).await,
            Measurement::Replay => replay::measure(&sizes).await,
            Measurement::Growth => growth::measure(&sizes).await,
            Measurement::Backfill => backfill::measure(&sizes).await,
            Measurement::HotGraphql => hot::measure_graphql(self.site().await?, &sizes).await,
            Measurement::Orders => orders::measure(self.site().await?, &sizes).await,
            Measurement::Pages => pages::measure(self.site().await?, &sizes).await,
            Measurement::Subscriptions => live::measure(self.site().await?, &sizes).await,
            Measurement::Server => process::measure(self.site().await?).await,
        }
    }

    /// Where it went wrong, with what the server said.
    fn at_fault(&self, measurement: Measurement) -> String {
        let site = self.site.as_ref();
        let log = site.and_then(|site| site.stack.server.log_tail());
        format!("{measurement:?}\n{}", log.unwrap_or_default())
    }

    async fn site(&mut self) -> Result<&mut Site> {
        if self.site.is_none() {
            self.site = Some(Site::open().await?);
        }
        self.site.as_mut().context("a site")
    }

    async fn end(self) {
        if let Some(site) = self.site {
            site.end().await;
        }
    }
}
