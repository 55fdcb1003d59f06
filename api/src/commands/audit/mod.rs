//! `gage audit`: for those who check the history, one file a command.

mod check_tree;
mod checkpoint;
mod consistency;
mod key;
mod prove;
mod verify;

use std::path::PathBuf;

use clap::Subcommand;

use crate::config::args::{CheckpointArgs, DatabaseArgs, LogArgs, ServerArgs};

/// What an auditor can do.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Print the public key that checks this server's checkpoints: what the shop publishes
    Key {
        /// The private key, and the log's name.
        #[command(flatten)]
        checkpoints: CheckpointArgs,
        /// The public URL, which gives the log its name if nothing else does.
        #[command(flatten)]
        server: Box<ServerArgs>,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Print the newest signed checkpoint of the event log, or the one of a size
    Checkpoint {
        /// Events of the checkpoint; the newest when it is left out
        #[arg(value_name = "SIZE")]
        size: Option<u64>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Print the receipt of an order, or one event of any stream with its proof
    ///
    /// Fails when what the event log has now is not what was signed.
    Prove {
        /// TYPE:ID, or a global id of the API; of an order without --event, the whole receipt
        #[arg(value_name = "STREAM")]
        stream: String,
        /// The event's number in the stream, from 1
        #[arg(long, value_name = "NUMBER")]
        event: Option<u64>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Print the proof that a later checkpoint's log begins with an earlier one's
    Consistency {
        /// Events of the earlier checkpoint
        #[arg(value_name = "FROM")]
        from: u64,
        /// Events of the later one; the newest when it is left out
        #[arg(value_name = "TO")]
        to: Option<u64>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Check a receipt, an event's proof or a consistency proof: no server, no database
    ///
    /// Says line by line what is proven, and ends with an error when anything is not.
    Verify {
        /// The file; - for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public key that the shop publishes (`gage audit key`); without it, the one in the file is taken
        #[arg(long, env = "GAGE_CHECKPOINT_VERIFIER", value_name = "NAME+ID+KEY")]
        key: Option<String>,
        /// Any node of the anchor's chain: asks it whether the anchor stands there
        #[arg(long, value_name = "URL")]
        node: Option<String>,
    },
    /// Work the tree out anew from the event log, and compare it with all that was signed
    ///
    /// Names every event that was changed, removed or put between others since it became a part
    /// of the tree. Changes nothing; the server may go on running.
    CheckTree {
        /// The public key of the checkpoints; without it, signatures are not checked
        #[arg(long, env = "GAGE_CHECKPOINT_VERIFIER", value_name = "NAME+ID+KEY")]
        key: Option<String>,
        /// One JSON object, for other programs
        #[arg(long)]
        json: bool,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
}

/// Carries a command out.
pub(super) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Key {
            checkpoints,
            server,
            log,
        } => key::run(checkpoints, &server, &log),
        AuditCommand::Checkpoint {
            size,
            database,
            log,
        } => checkpoint::run(size, &database, &log).await,
        AuditCommand::Prove {
            stream,
            event,
            database,
            log,
        } => prove::run(&stream, event, &database, &log).await,
        AuditCommand::Consistency {
            from,
            to,
            database,
            log,
        } => consistency::run(from, to, &database, &log).await,
        AuditCommand::Verify { file, key, node } => verify::run(&file, key.as_deref(), node).await,
        AuditCommand::CheckTree {
            key,
            json,
            database,
            log,
        } => check_tree::run(key.as_deref(), json, &database, &log).await,
    }
}
