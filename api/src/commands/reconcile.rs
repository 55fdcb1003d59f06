//! `gage reconcile`: compares the event log with the escrow contract.

use std::io::{self, Write};

use anyhow::{Context as _, bail};
use gage_application::reconciliation::{
    Findings, Progress, Reconciliation, Report, Stage, TokenTotals,
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{
        self,
        args::{ChainArgs, DatabaseArgs, LogArgs, RpcArgs},
    },
    telemetry, wiring,
};

/// Compares, with a progress bar, and fails when anything differs.
pub(super) async fn run(
    json: bool,
    database: &DatabaseArgs,
    rpc: &RpcArgs,
    chain: &ChainArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let settings = config::look(database, rpc, chain, log)?;
    telemetry::start_logs(&settings.log)?;
    let database = wiring::database(&settings.database).await?;
    wiring::check_log(&database).await?;
    let mut faults = Vec::new();
    // What one chain hides must not keep the others from being compared.
    for chain in &settings.chains {
        let reconciliation = wiring::reconciliation(&database, chain)?;
        if let Err(error) = compare(&reconciliation, json).await {
            faults.push(format!("chain {}: {error:#}", chain.chain_id));
        }
    }
    database.pool.close().await;
    if !faults.is_empty() {
        bail!("{}", faults.join("; "));
    }
    Ok(())
}

/// Compares one chain, and fails when anything differs.
async fn compare(reconciliation: &Reconciliation, json: bool) -> anyhow::Result<()> {
    let style = "{msg:<10} [{bar:40}] {percent:>3} %  {pos}/{len}  {elapsed_precise}";
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    let show = |progress: Progress| {
        bar.set_message(match progress.stage {
            Stage::Events => "events",
            Stage::Logs => "logs",
            Stage::Payments => "payments",
            Stage::Accounts => "accounts",
        });
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    };
    let report = reconciliation.run(&show).await;
    bar.finish_and_clear();
    let report = report.context("nothing was compared")?;
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, &report).context("standard output")?;
        writeln!(out)?;
    } else {
        tell(&mut out, &report)?;
    }
    if !report.agrees() {
        bail!(
            "the event log and the chain differ in {} points",
            report.differences.count
        );
    }
    Ok(())
}

fn tell(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Report {
        chain_id, escrow, ..
    } = report;
    writeln!(out, "escrow {escrow} on chain {chain_id}")?;
    match report.block {
        Some(block) => writeln!(out, "as of block {} {}", block.number, block.hash)?,
        None => writeln!(out, "no block is deep enough yet")?,
    }
    let Report {
        payments,
        never_paid,
        elsewhere,
        logs,
        accounts,
        ..
    } = report;
    writeln!(
        out,
        "compared {payments} payments, {logs} logs, {accounts} accounts; \
         {never_paid} payments were never made, {elsewhere} belong to other contracts"
    )?;
    for totals in &report.tokens {
        tell_token(out, totals)?;
    }
    list(out, "waiting for confirmations", &report.pending)?;
    list(out, "fits nothing of ours", &report.unmatched)?;
    list(out, "DIFFERS", &report.differences)?;
    if report.agrees() {
        writeln!(out, "the event log and the chain agree")?;
    }
    Ok(())
}

fn tell_token(out: &mut impl Write, totals: &TokenTotals) -> io::Result<()> {
    let TokenTotals {
        token,
        funded,
        held,
        released,
        refunded,
        withdrawn,
        withdrawable,
        balance,
    } = totals;
    let token = if token.is_zero() {
        "native coin".to_owned()
    } else {
        format!("token {token}")
    };
    writeln!(
        out,
        "{token}: funded {funded} = held {held} + released {released} + refunded {refunded}; \
         withdrawn {withdrawn}, withdrawable {withdrawable}; the contract owns {balance}"
    )
}

fn list<T: std::fmt::Display>(
    out: &mut impl Write,
    what: &str,
    findings: &Findings<T>,
) -> io::Result<()> {
    for finding in &findings.first {
        writeln!(out, "{what}: {finding}")?;
    }
    match findings.further() {
        0 => Ok(()),
        further => writeln!(out, "{what}: {further} more"),
    }
}
