//! `gage audit key`: the public key of checkpoints.

use std::io::Write as _;

use anyhow::Context as _;

use crate::{
    config::{
        self,
        args::{CheckpointArgs, LogArgs, ServerArgs},
    },
    wiring,
};

/// Prints the key that checks this server's checkpoints.
pub(super) fn run(
    checkpoints: CheckpointArgs,
    server: &ServerArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let settings = config::checkpoints(&checkpoints.with_environment(), server, log)?;
    let settings = settings.context(
        "no checkpoints are signed: GAGE_CHECKPOINT_KEY_FILE (or GAGE_CHECKPOINT_KEY) is not set",
    )?;
    writeln!(std::io::stdout().lock(), "{}", wiring::verifier(&settings)?)?;
    Ok(())
}
