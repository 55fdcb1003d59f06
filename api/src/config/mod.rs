//! The configuration: flags and environment in, checked settings out.
//!
//! Everything is checked once, at the start, and everything that is wrong is told at once, each
//! with the variable to set. Secrets have types that never print them.

pub mod args;
mod chains_file;
mod checks;
pub mod names;
mod origin;
mod personal;
mod problem;
mod proofs;
mod rates;
mod secret;
mod settings;
mod table;

pub use origin::Origin;
pub use problem::{Fault, Problem, Problems, Setting};
pub use proofs::{AnchorSettings, CheckpointSettings};
pub use secret::{InvalidServiceUrl, PathHolds, Secret, ServiceUrl};
pub use settings::{
    ChainSettings, Chains, CoinSettings, DatabaseSettings, Environment, FeedSettings,
    KeeperSettings, LogFormat, LogSettings, NodeSettings, PrivateKey, Quoted, RateSettings,
    RateSource, RedisSettings, RuleSettings, ServerSettings, Settings, TokenSettings,
};
pub use table::{Row, Source, table};

use gage_domain::value::Address;

use args::{
    ChainArgs, CheckpointArgs, DatabaseArgs, LogArgs, NodeArgs, PersonalArgs, RpcArgs, ServerArgs,
};

/// Checks only what a command on the database needs.
///
/// # Errors
/// Everything that is wrong.
pub fn database(
    database: &DatabaseArgs,
    log: &LogArgs,
) -> Result<(DatabaseSettings, LogSettings), Problems> {
    let mut checks = checks::Checks::default();
    let checked = (checks.database(database), checks.log(log));
    checks.finish(checked.0.zip(checked.1))
}

/// Checks only what a command on the chain needs.
///
/// # Errors
/// Everything that is wrong.
pub fn node(node: &NodeArgs, log: &LogArgs) -> Result<(NodeSettings, LogSettings), Problems> {
    let mut checks = checks::Checks::default();
    let checked = (checks.node(node), checks.log(log));
    checks.finish(checked.0.zip(checked.1))
}

/// What a command needs that looks at the database and the chain, and signs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookSettings {
    /// Where the events are.
    pub database: DatabaseSettings,
    /// The chains.
    pub chains: Chains,
    /// Environment and logs.
    pub log: LogSettings,
}

/// Checks only what a command needs that looks at the database and the chain.
///
/// # Errors
/// Everything that is wrong.
pub fn look(
    database: &DatabaseArgs,
    rpc: &RpcArgs,
    chain: &ChainArgs,
    log: &LogArgs,
) -> Result<LookSettings, Problems> {
    let mut checks = checks::Checks::default();
    let log = checks.log(log);
    let environment = log
        .as_ref()
        .map_or(Environment::Production, |log| log.environment);
    let database = checks.database(database);
    let chains = checks.chains(rpc, chain, environment);
    let settings = database
        .zip(chains.zip(log))
        .map(|(database, (chains, log))| LookSettings {
            database,
            chains,
            log,
        });
    checks.finish(settings)
}

/// Checks only what a command that asks nobody needs.
///
/// # Errors
/// Everything that is wrong.
pub fn log(log: &LogArgs) -> Result<LogSettings, Problems> {
    let mut checks = checks::Checks::default();
    let checked = checks.log(log);
    checks.finish(checked)
}

/// Checks only what the key of checkpoints needs. None when there is no key.
///
/// # Errors
/// Everything that is wrong.
pub fn checkpoints(
    checkpoints: &CheckpointArgs,
    server: &ServerArgs,
    log: &LogArgs,
) -> Result<Option<CheckpointSettings>, Problems> {
    let mut checks = checks::Checks::default();
    let environment = checks
        .log(log)
        .map_or(Environment::Production, |log| log.environment);
    let server = checks.server(server, environment);
    let public = server.as_ref().map(|server| &server.origin);
    let checked = checks.checkpoints(checkpoints, public, environment);
    checks.finish(Some(checked))
}

/// Checks only the key that wraps the customers' keys. None when there is none.
///
/// # Errors
/// What is wrong with it.
pub fn personal_data_key(personal: &PersonalArgs) -> Result<Option<PrivateKey>, Problems> {
    let mut checks = checks::Checks::default();
    let checked = checks.personal_data_key(personal, &proofs::OtherKeys::NONE);
    checks.finish(Some(checked))
}

/// Nodes of one chain, from a command line.
///
/// # Errors
/// What is wrong with their URLs.
pub fn nodes(rpc: &RpcArgs) -> Result<Vec<ServiceUrl>, Problems> {
    let mut checks = checks::Checks::default();
    let checked = checks.rpc(rpc);
    checks.finish(checked)
}

/// Addresses, separated by commas; none when nothing is given.
///
/// # Errors
/// What is wrong with them, under the name of the setting.
pub fn addresses(setting: Setting, list: Option<&str>) -> Result<Vec<Address>, Problems> {
    let mut checks = checks::Checks::default();
    let checked = checks.addresses(setting, list);
    checks.finish(checked)
}

/// A private key from a file.
///
/// # Errors
/// What is wrong with it, under the name of the setting.
pub fn private_key(setting: Setting, path: &std::path::Path) -> Result<PrivateKey, Problems> {
    checks::read_key(path).map_err(|fault| Problems(vec![Problem { setting, fault }]))
}
