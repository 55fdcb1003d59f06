//! `gage audit check-tree`: is the log what was signed?

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use gage_application::tree::check::{TreeCheck, TreeReport};
use gage_domain::proof::CheckpointVerifier;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Checks, with a progress bar, and fails when anything is not as it was.
pub(super) async fn run(
    key: Option<&str>,
    json: bool,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let key = key.map(CheckpointVerifier::parse).transpose();
    let key = key.context("--key")?;
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    wiring::check_log(&database).await?;
    let style = "[{bar:40}] {percent:>3} %  {pos}/{len} events  {per_sec}  {eta}";
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    let show = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let receipts = wiring::receipts(&database);
    let (tree, issued) = (receipts.tree.as_ref(), receipts.issued.as_ref());
    let check = TreeCheck::begin(tree, issued, key.as_ref()).await?;
    // After the tree was looked at: what is in it is in what is read now.
    let stored = wiring::stored(&database).await?;
    let report = check.whole(&*stored, &show).await;
    bar.finish_and_clear();
    drop(stored);
    database.pool.close().await;
    tell(&report?, json)
}

fn tell(report: &TreeReport, json: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, report).context("standard output")?;
        writeln!(out)?;
    } else {
        for finding in &report.findings.first {
            writeln!(out, "DIFFERS: {finding}")?;
        }
        match report.findings.further() {
            0 => {}
            further => writeln!(out, "DIFFERS: {further} more")?,
        }
        let (head, checkpoints) = (report.head, report.checkpoints);
        writeln!(
            out,
            "{} events, root {}, {checkpoints} checkpoints compared",
            head.size, head.root
        )?;
        if report.agrees() {
            writeln!(out, "the event log is what was signed")?;
        }
    }
    if !report.agrees() {
        bail!(
            "the event log is not what was signed, in {} points",
            report.findings.count
        );
    }
    Ok(())
}
