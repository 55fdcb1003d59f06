//! `gage rotate-personal-data-key`: wraps the customers' keys that are left with another key.

use std::{io::Write as _, path::Path};

use anyhow::Context as _;

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs, PersonalArgs},
        names,
    },
    telemetry, wiring,
};

/// Wraps them anew, and says how many.
pub(super) async fn run(
    new_key_file: &Path,
    personal: PersonalArgs,
    database: &DatabaseArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let old = config::personal_data_key(&personal.with_environment())?;
    let old =
        old.context("GAGE_PERSONAL_DATA_KEY_FILE is not set: it names the key of until now")?;
    let new = config::private_key(names::PERSONAL_DATA_KEY_FILE, new_key_file)?;
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    wiring::check_log(&database).await?;
    let count = wiring::personal::rewrap(&database, &old, &new).await?;
    writeln!(
        std::io::stdout(),
        "{count} keys are wrapped with the key in {}: start the servers with it, and destroy the \
         old file with its copies",
        new_key_file.display()
    )?;
    database.pool.close().await;
    Ok(())
}
