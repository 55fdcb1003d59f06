//! What the command line can do, one file each.

pub mod audit;
mod config;
mod deploy_anchor;
mod deploy_escrow;
mod erase_customer;
mod history;
mod migrate;
mod rebuild;
mod reconcile;
mod rotate_personal_data_key;
mod schema;
mod serve;

use gage_application::erasure::OpenOrderRule;

use crate::cli::Command;

/// Carries a command out.
///
/// # Errors
/// What went wrong, in words for whoever typed it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve::run(*args).await,
        Command::Migrate {
            database,
            log,
            drop_older,
        } => migrate::run(&database, &log, drop_older).await,
        Command::Rebuild {
            name,
            database,
            log,
        } => rebuild::run(name, &database, &log).await,
        Command::Reconcile {
            json,
            database,
            rpc,
            chain,
            log,
        } => reconcile::run(json, &database, &rpc, &chain, &log).await,
        Command::History {
            stream,
            json,
            database,
            log,
        } => history::run(&stream, json, &database, &log).await,
        Command::Config(args) => config::run(*args),
        Command::DeployEscrow {
            deployer_key_file,
            tokens,
            node,
            log,
        } => deploy_escrow::run(&deployer_key_file, tokens.as_deref(), node, &log).await,
        Command::DeployAnchor {
            deployer_key_file,
            rpc,
            log,
        } => deploy_anchor::run(&deployer_key_file, &rpc, &log).await,
        Command::EraseCustomer {
            customer,
            even_with_open_orders,
            database,
            log,
        } => {
            let rule = if even_with_open_orders {
                OpenOrderRule::ErasedToo
            } else {
                OpenOrderRule::InTheWay
            };
            erase_customer::run(customer, rule, &database, &log).await
        }
        Command::RotatePersonalDataKey {
            new_key_file,
            personal,
            database,
            log,
        } => rotate_personal_data_key::run(&new_key_file, personal, &database, &log).await,
        Command::Audit(command) => audit::run(*command).await,
        Command::Schema => schema::run(),
    }
}
