//! `gage audit checkpoint`: a signed checkpoint.

use std::io::Write as _;

use anyhow::Context as _;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Prints the note of the newest checkpoint, or of the one of a size.
pub(super) async fn run(
    size: Option<u64>,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let issued = wiring::receipts(&database).issued;
    let found = match size {
        Some(size) => issued.of_size(size).await?,
        None => issued.latest().await?,
    };
    database.pool.close().await;
    let found = found.context(match size {
        Some(_) => "no checkpoint of this size was issued",
        None => "no checkpoint was issued yet: does the server have GAGE_CHECKPOINT_KEY_FILE?",
    })?;
    write!(std::io::stdout().lock(), "{}", found.signed.note)?;
    Ok(())
}
