//! `gage audit …`: what an auditor can do, one file each. Nothing here writes to the log.

mod replay;

use clap::Subcommand;

use crate::config::args::{ChainArgs, DatabaseArgs, LogArgs, RpcArgs};

/// What an auditor can do.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Fold the whole event log from zero, and compare all that is stored with it
    ///
    /// Checks that every stream is dense and every event one that could have happened; what
    /// always holds, after every event; what belongs together in one append; prices as they were
    /// offered; snapshots, read models, checkpoints and idempotency keys; and payments with the
    /// chain. Everything is read as of one moment, and nobody waits for it: the server may go on
    /// running. Ends with an error if anything differs, after naming the events and rows.
    Replay {
        /// One JSON object, for other programs
        #[arg(long)]
        json: bool,
        /// Do not ask the chain's nodes about payments
        #[arg(long)]
        without_chain: bool,
        /// Orders that are folded at once; each costs about 2 kB of memory [default: 200000]
        #[arg(long, value_name = "N")]
        orders_at_once: Option<u64>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// The chain's node.
        #[command(flatten)]
        rpc: RpcArgs,
        /// The contract.
        #[command(flatten)]
        chain: Box<ChainArgs>,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
}

/// Carries a command out.
pub(super) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Replay {
            json,
            without_chain,
            orders_at_once,
            database,
            rpc,
            chain,
            log,
        } => {
            let wanted = replay::Wanted {
                json,
                without_chain,
                orders_at_once,
            };
            replay::run(wanted, &database, &rpc, &chain, &log).await
        }
    }
}
