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
    tree::check::{TreeCheck, TreeReport},
};
use gage_domain::proof::CheckpointVerifier;
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
    pub(super) key: Option<CheckpointVerifier>,
    pub(super) orders_at_once: Option<usize>,
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
    let receipts = wiring::receipts(&database);
    let (tree, issued) = (receipts.tree.as_ref(), receipts.issued.as_ref());
    let mut check = TreeCheck::begin(tree, issued, wanted.key.as_ref())
        .await
        .context("the tree")?;
    // After the tree was looked at: what is in it is in what is read now.
    let stored = wiring::stored(&database).await?;
    let bar = Bar::new()?;
    let show = |progress| bar.show(progress);
    let report = replay(stored.clone(), plan, Some(&mut check), &show).await;
    bar.finish();
    let report = report.context("nothing was compared")?;
    let signed = check.finish().await;
    let signed = signed.context("nothing was compared with the tree")?;
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
    let found = Found {
        report,
        signed,
        on_chain,
    };
    if wanted.json {
        found.print_json(&mut out)?;
    } else {
        found.tell(&mut out)?;
    }
    found.verdict()
}

/// All that was found.
struct Found {
    report: Report,
    /// The log beside what was signed of it.
    signed: TreeReport,
    on_chain: Vec<OnChain>,
}

impl Found {
    /// Fails when anything differs, or could not be looked at.
    fn verdict(&self) -> anyhow::Result<()> {
        let mut faults = Vec::new();
        if !self.report.agrees() {
            faults.push(format!("{} findings in the log", self.report.differences()));
        }
        if !self.signed.agrees() {
            let count = self.signed.findings.count;
            faults.push(format!("the log is not what was signed, in {count} points"));
        }
        for chain in &self.on_chain {
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

    fn print_json(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let chains: Vec<_> = self
            .on_chain
            .iter()
            .map(|chain| match &chain.outcome {
                Ok(compared) => json!({ "chainId": chain.chain_id, "report": compared }),
                Err(reason) => json!({ "chainId": chain.chain_id, "error": reason }),
            })
            .collect();
        let whole = json!({
            "agrees": self.verdict().is_ok(),
            "replay": self.report,
            "signed": self.signed,
            "chains": chains,
        });
        serde_json::to_writer(&mut *out, &whole).context("standard output")?;
        writeln!(out)?;
        Ok(())
    }

    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let Report {
            events,
            head,
            streams,
            again,
            folding,
            comparing,
            read_models,
            ..
        } = &self.report;
        writeln!(
            out,
            "folded {events} events of {streams} streams, up to {head}, {again} orders read again: \
             {:.1} s, {} events/s",
            folding.took.as_secs_f64(),
            folding.rate()
        )?;
        writeln!(
            out,
            "compared {} rows: {:.1} s, {} rows/s",
            comparing.read,
            comparing.took.as_secs_f64(),
            comparing.rate()
        )?;
        for (name, checkpoint) in read_models {
            writeln!(out, "read model {name}, which stands at {checkpoint}")?;
        }
        for finding in &self.report.findings {
            writeln!(out, "DIFFERS: {finding}")?;
        }
        let named = u64::try_from(self.report.findings.len()).unwrap_or(u64::MAX);
        match self.report.differences().saturating_sub(named) {
            0 => {}
            further => writeln!(out, "DIFFERS: {further} more")?,
        }
        self.tell_signed(out)?;
        self.tell_chains(out)?;
        if self.report.agrees() {
            writeln!(out, "everything that is stored says what the log says")?;
        }
        Ok(())
    }

    fn tell_signed(&self, out: &mut impl Write) -> io::Result<()> {
        let TreeReport {
            head,
            checkpoints,
            findings,
        } = &self.signed;
        writeln!(
            out,
            "the tree of {} events has the root {}; {checkpoints} signed checkpoints compared",
            head.size, head.root
        )?;
        for finding in &findings.first {
            writeln!(out, "DIFFERS: {finding}")?;
        }
        match findings.further() {
            0 => Ok(()),
            further => writeln!(out, "DIFFERS: {further} more"),
        }
    }

    fn tell_chains(&self, out: &mut impl Write) -> io::Result<()> {
        for chain in &self.on_chain {
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
        Ok(())
    }
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
