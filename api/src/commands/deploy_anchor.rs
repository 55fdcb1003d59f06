//! `gage deploy-anchor`: puts the contract for anchors on a chain.

use std::{io::Write as _, path::Path};

use crate::{
    config::{
        self, Setting,
        args::{LogArgs, RpcArgs},
    },
    telemetry, wiring,
};

const DEPLOYER_KEY_FILE: Setting = Setting {
    variable: "GAGE_DEPLOYER_KEY_FILE",
    flag: "deployer-key-file",
    help: "a file with the private key that pays for the deployment",
};

/// Deploys, and prints the setting that the server needs.
pub(super) async fn run(
    deployer_key_file: &Path,
    rpc: &RpcArgs,
    log: &LogArgs,
) -> anyhow::Result<()> {
    telemetry::start_logs(&config::log(log)?)?;
    let nodes = config::nodes(rpc)?;
    let deployer = config::private_key(DEPLOYER_KEY_FILE, deployer_key_file)?;
    let contract = wiring::deploy_anchor(&nodes, &deployer).await?;
    writeln!(std::io::stdout().lock(), "GAGE_ANCHOR_CONTRACT={contract}")?;
    Ok(())
}
