//! `gage migrate`: prepares the database.

use std::io::Write as _;

use anyhow::Context as _;
use gage_projections::setup::{self, EnsuredState};

use crate::{
    config::{
        self,
        args::{DatabaseArgs, LogArgs},
    },
    telemetry, wiring,
};

/// Brings the database up to date, and says what was done.
pub(super) async fn run(
    database: &DatabaseArgs,
    log: &LogArgs,
    drop_older: bool,
) -> anyhow::Result<()> {
    let (database, log) = config::database(database, log)?;
    telemetry::start_logs(&log)?;
    let database = wiring::database(&database).await?;
    let migrated = wiring::migrate(&database).await?;
    let ensured = setup::ensure(&database.pool).await.context("read models")?;
    let mut out = std::io::stdout().lock();
    for (number, description) in &migrated.applied {
        writeln!(out, "applied {number:04} {description}")?;
    }
    if let Some(offset) = migrated.new_offset {
        writeln!(
            out,
            "the log came from another cluster: its offset is now {offset}"
        )?;
    }
    for read_model in &ensured {
        if let EnsuredState::Created { beside } = read_model.state {
            write!(
                out,
                "made read model {} version {}",
                read_model.name, read_model.version
            )?;
            match beside {
                Some(older) => writeln!(out, " beside version {older}; the server fills it")?,
                None => writeln!(out, "; the server fills it")?,
            }
        }
    }
    if drop_older {
        for schema in setup::drop_older(&database.pool).await? {
            writeln!(out, "dropped {schema}")?;
        }
    }
    writeln!(out, "the database is up to date")?;
    database.pool.close().await;
    Ok(())
}
