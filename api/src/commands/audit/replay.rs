//! `gage audit replay`: folds the whole event log, and compares all that is stored with it.

use std::{
    io::{self, Write},
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use gage_application::{
    reconciliation,
    replay::{Plan, Progress, Report, Stage, replay},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::{
    config::{
        self,
        args::{ChainArgs, DatabaseArgs, LogArgs, RpcArgs},
    },
    telemetry, wiring,
};

/// What is asked for.
pub(super) struct Wanted {
    pub(super) json: bool,
    pub(super) without_chain: bool,
    pub(super) orders_at_once: Option<u64>,
}

/// What became of the comparison with a chain.
struct OnChain {
    chain_id: u64,
    outcome: Result<reconciliation::Report, String>,
}

/// Replays, with a progress bar, and fails when anything differs.
pub(super) async fn run(
    wanted: Wanted,
    database: &DatabaseArgs,
    rpc: &RpcArgs,
    chain: &ChainArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (database, chains) = if wanted.without_chain {
        let (database, log) = config::database(database, log)?;
        telemetry::start_logs(&log)?;
        (wiring::database(&database).await?, None)
    } else {
        let settings = config::look(database, rpc, chain, log)?;
        telemetry::start_logs(&settings.log)?;
        let database = wiring::database(&settings.database).await?;
        (database, Some(settings.chains))
    };
    wiring::check_log(&database).await?;
    let standard = Plan::default();
    let plan = Plan {
        orders: wanted.orders_at_once.unwrap_or(standard.orders),
        ..standard
    };
    let bar = Bar::new()?;
    let stored = wiring::stored(&database).await?;
    let report = replay(&*stored, plan, None, &|progress| bar.show(progress)).await;
    bar.finish();
    let report = report.context("nothing was compared")?;
    let mut on_chain = Vec::new();
    for chain in chains.iter().flatten() {
        let reconciliation = wiring::reconciliation(&database, chain)?;
        let outcome = reconciliation.run(&|_| {}).await;
        on_chain.push(OnChain {
            chain_id: chain.chain_id,
            outcome: outcome.map_err(|error| error.to_string()),
        });
    }
    drop(stored);
    database.pool.close().await;
    let mut out = io::stdout().lock();
    if wanted.json {
        print_json(&mut out, &report, &on_chain)?;
    } else {
        tell(&mut out, &report, &on_chain)?;
    }
    verdict(&report, &on_chain)
}

/// Fails when anything differs, or could not be looked at.
fn verdict(report: &Report, on_chain: &[OnChain]) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    if !report.agrees() {
        faults.push(format!("{} findings in the log", report.differences()));
    }
    for chain in on_chain {
        let id = chain.chain_id;
        match &chain.outcome {
            Ok(compared) if compared.agrees() => {}
            Ok(compared) => {
                let count = compared.differences.count;
                faults.push(format!("{count} differences with chain {id}"));
            }
            Err(reason) => faults.push(format!("chain {id} could not be compared: {reason}")),
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{}", faults.join("; "))
}

fn print_json(out: &mut impl Write, report: &Report, on_chain: &[OnChain]) -> anyhow::Result<()> {
    let chains: Vec<_> = on_chain
        .iter()
        .map(|chain| match &chain.outcome {
            Ok(compared) => json!({ "chainId": chain.chain_id, "report": compared }),
            Err(reason) => json!({ "chainId": chain.chain_id, "error": reason }),
        })
        .collect();
    let agrees = verdict(report, on_chain).is_ok();
    let whole = json!({ "agrees": agrees, "replay": report, "chains": chains });
    serde_json::to_writer(&mut *out, &whole).context("standard output")?;
    writeln!(out)?;
    Ok(())
}

fn tell(out: &mut impl Write, report: &Report, on_chain: &[OnChain]) -> io::Result<()> {
    let Report {
        events,
        head,
        streams,
        parts,
        folding,
        comparing,
        read_models,
        ..
    } = report;
    writeln!(
        out,
        "folded {events} events of {streams} streams, up to {head}, in {parts} part(s): \
         {} s, {} events/s",
        folding.took.as_secs(),
        folding.rate()
    )?;
    writeln!(
        out,
        "compared {} rows: {} s, {} rows/s",
        comparing.read,
        comparing.took.as_secs(),
        comparing.rate()
    )?;
    for (name, checkpoint) in read_models {
        writeln!(out, "read model {name}, which stands at {checkpoint}")?;
    }
    for finding in &report.findings {
        writeln!(out, "DIFFERS: {finding}")?;
    }
    let named = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
    match report.differences().saturating_sub(named) {
        0 => {}
        further => writeln!(out, "DIFFERS: {further} more")?,
    }
    for chain in on_chain {
        let id = chain.chain_id;
        match &chain.outcome {
            Ok(compared) if compared.agrees() => {
                writeln!(out, "chain {id}: payments agree")?;
            }
            Ok(compared) => {
                for difference in &compared.differences.first {
                    writeln!(out, "DIFFERS: chain {id}: {difference}")?;
                }
            }
            Err(reason) => writeln!(out, "chain {id} could not be compared: {reason}")?,
        }
    }
    if report.agrees() {
        writeln!(out, "everything that is stored says what the log says")?;
    }
    Ok(())
}

/// Shows how far it is, how fast, and how long it will take.
struct Bar {
    bar: ProgressBar,
    shown: Mutex<Instant>,
}

impl Bar {
    fn new() -> anyhow::Result<Self> {
        let style =
            "{msg:<8} [{bar:40}] {percent:>3} %  {human_pos}/{human_len}  {per_sec}  {eta} left";
        let style = ProgressStyle::with_template(style)?.progress_chars("=> ");
        Ok(Self {
            bar: ProgressBar::new(0).with_style(style),
            shown: Mutex::new(Instant::now()),
        })
    }

    fn show(&self, progress: Progress) {
        // A look at the terminal costs more than a batch.
        let Ok(mut shown) = self.shown.try_lock() else {
            return;
        };
        let last = progress.done == progress.total;
        if !last && shown.elapsed() < Duration::from_millis(100) {
            return;
        }
        *shown = Instant::now();
        let (message, total) = match progress.stage {
            Stage::Events => ("events", progress.total),
            Stage::Rows => ("rows", progress.done),
        };
        self.bar.set_message(message);
        self.bar.set_length(total);
        self.bar.set_position(progress.done);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
