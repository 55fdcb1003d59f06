//! `gage rebuild NAME`: builds a read model anew beside the live one.

use std::io::Write as _;

use anyhow::Context as _;
use gage_projections::{
    name::ProjectionName,
    rebuild::{Progress, Report, Stage, rebuild},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Rebuilds, with a progress bar, and says whether the result is identical.
pub(super) async fn run(
    name: ProjectionName,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    wiring::check_log(&database).await?;
    let style = "{msg:<12} [{bar:40}] {percent:>3} %  {pos}/{len}  {elapsed_precise}";
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template(style)?.progress_chars("=> "));
    let show = |progress: Progress| {
        bar.set_message(match progress.stage {
            Stage::CatchingUp => "catching up",
            Stage::Filling => "filling",
            Stage::Indexing => "indexing",
            Stage::Comparing => "comparing",
            Stage::Swapping => "swapping",
        });
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    };
    let rebuilt = rebuild(&database.pool, database.log.clone(), name, &show).await;
    bar.finish_and_clear();
    let report = rebuilt.with_context(|| format!("{name} was not rebuilt; the live one stands"))?;
    tell(&report)?;
    database.pool.close().await;
    Ok(())
}

fn tell(report: &Report) -> std::io::Result<()> {
    let Report {
        name,
        events,
        rows,
        checkpoint,
        ..
    } = report;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "rebuilt {name}: {events} events, {rows} rows, up to {checkpoint}"
    )?;
    if let Some((position, reason)) = &report.stopped {
        writeln!(out, "the live one had stopped at {position}: {reason}")?;
    }
    if report.identical_to_live() {
        return writeln!(out, "identical to the live one");
    }
    for difference in &report.differences {
        writeln!(
            out,
            "{}: {} rows were only in the live one, {} only in the rebuilt one",
            difference.table, difference.only_live, difference.only_copy
        )?;
    }
    writeln!(out, "the rebuilt one is live now")
}
