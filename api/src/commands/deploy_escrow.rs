//! `gage deploy-escrow`: puts the escrow contract on the chain.

use std::{io::Write as _, path::Path};

use crate::{
    config::{
        self, Setting,
        args::{LogArgs, NodeArgs},
    },
    telemetry, wiring,
};

const DEPLOYER_KEY_FILE: Setting = Setting {
    variable: "GAGE_DEPLOYER_KEY_FILE",
    flag: "deployer-key-file",
    help: "a file with the private key that pays for the deployment",
};

const TOKENS: Setting = Setting {
    variable: "GAGE_ESCROW_TOKENS",
    flag: "tokens",
    help: "tokens (ERC-20) that the contract takes for ever, comma-separated",
};

/// Deploys, and prints the settings that the server needs.
pub(super) async fn run(
    deployer_key_file: &Path,
    tokens: Option<&str>,
    node: NodeArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    let (node, log) = config::node(&node.with_environment(), log)?;
    telemetry::start_logs(&log)?;
    let deployer = config::private_key(DEPLOYER_KEY_FILE, deployer_key_file)?;
    let tokens = config::addresses(TOKENS, tokens)?;
    let (escrow, block) = wiring::deploy_escrow(&node, &deployer, &tokens).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "GAGE_ESCROW_ADDRESS={escrow}")?;
    writeln!(out, "GAGE_ESCROW_START_BLOCK={block}")?;
    Ok(())
}
