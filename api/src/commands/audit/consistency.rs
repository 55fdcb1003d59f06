//! `gage audit consistency`: the proof that the log only grew.

use std::io::Write as _;

use anyhow::Context as _;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Prints the proof between two checkpoints.
pub(super) async fn run(
    from: u64,
    to: Option<u64>,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let found = wiring::receipts(&database).consistency(from, to).await;
    database.pool.close().await;
    let document = found?.context("no checkpoints of these sizes were issued")?;
    let json = serde_json::to_string_pretty(&document)?;
    writeln!(std::io::stdout().lock(), "{json}")?;
    Ok(())
}
