//! `gage audit …`: for those who check the history, one file a command. Nothing here writes to
//! the log but an import into an empty one.

mod check_tree;
mod checkpoint;
mod consistency;
mod export;
mod history;
mod key;
mod prove;
mod replay;
mod show;
mod verify;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use gage_application::{export::Form, history::moment::Moment};
use gage_domain::proof::CheckpointVerifier;

use self::history::HistoryArgs;
use crate::config::args::{ChainArgs, CheckpointArgs, DatabaseArgs, LogArgs, RpcArgs, ServerArgs};

/// What an auditor can do.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Fold the whole event log from zero, and compare all that is stored with it
    ///
    /// Checks that every stream is dense and every event one that could have happened; what
    /// always holds, after every event; what belongs together in one append; prices as they were
    /// offered; snapshots, read models, checkpoints and idempotency keys; the tree over the log
    /// and what was signed of it; and payments with the chain. Everything is read as of one moment, and nobody waits for it: the server may go on
    /// running. Ends with an error if anything differs, after naming the events and rows.
    Replay {
        /// One JSON object, for other programs
        #[arg(long)]
        json: bool,
        /// Do not ask the chain's nodes about payments
        #[arg(long)]
        without_chain: bool,
        /// The public key of the checkpoints; without it, signatures are not checked
        #[arg(long, env = "GAGE_CHECKPOINT_VERIFIER", value_name = "NAME+ID+KEY")]
        key: Option<String>,
        /// Orders that are in memory at once, about 3 kB each; more time, less memory [default: 20000]
        #[arg(long, value_name = "N")]
        orders_at_once: Option<usize>,
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
    /// Print events, oldest first, each in plain words and as it is stored
    ///
    /// Of a stream, or of everything. Position is the cursor: what comes after one never changes,
    /// and `--after` goes on there.
    History {
        /// Which.
        #[command(flatten)]
        wanted: Box<HistoryArgs>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
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
    /// Show how things stood at a moment, and what changed until another
    ///
    /// The state of the aggregate, and what the read models answered about it. Moments are `now`,
    /// `#3` (after the third event of the stream), a position like `771-42`, or a time.
    Show {
        /// TYPE:UUID, or a global id of the API
        #[arg(value_name = "STREAM")]
        stream: String,
        /// The moment
        #[arg(long, default_value = "now", value_parser = show::parse)]
        at: Moment,
        /// Show only what is other at this second moment
        #[arg(long, value_parser = show::parse)]
        until: Option<Moment>,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Write the whole log to a file, with a manifest beside it
    ///
    /// FILE.manifest.json says how many events there are, which the first and the last are, what the
    /// file's SHA-256 is, and the root of the tree over them with the newest signed checkpoint;
    /// FILE.salts is what its leaves need beside the events. An export that was broken off, or is older than the log, goes
    /// on with `--resume`.
    Export {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// jsonl or csv
        #[arg(long, default_value = "jsonl")]
        form: Form,
        /// Go on with a file that is there
        #[arg(long)]
        resume: bool,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Make the log of an empty, migrated database from an export
    ///
    /// The file has to be what its manifest says. Events keep their positions, so cursors go on
    /// holding; read models are made by `gage serve`, and the chain is read again from its start.
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where the events go.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Compare an export with its manifest, and its events with what was signed; needs no database
    ///
    /// Works every leaf of the tree out anew from the file and FILE.salts.
    VerifyExport {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The public key that the shop publishes (`gage audit key`); without it, the one in the manifest is taken
        #[arg(long, env = "GAGE_CHECKPOINT_VERIFIER", value_name = "NAME+ID+KEY")]
        key: Option<String>,
    },
}

/// Carries a command out.
#[expect(clippy::too_many_lines, reason = "an arm for each command")]
pub(super) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Replay {
            json,
            without_chain,
            key,
            orders_at_once,
            database,
            rpc,
            chain,
            log,
        } => {
            let key = key.as_deref().map(CheckpointVerifier::parse).transpose();
            let wanted = replay::Wanted {
                json,
                without_chain,
                key: key.context("--key")?,
                orders_at_once,
            };
            replay::run(wanted, &database, &rpc, &chain, &log).await
        }
        AuditCommand::History {
            wanted,
            database,
            log,
        } => history::run(*wanted, &database, &log).await,
        AuditCommand::Show {
            stream,
            at,
            until,
            database,
            log,
        } => show::run(&stream, at, until, &database, &log).await,
        AuditCommand::Export {
            file,
            form,
            resume,
            database,
            log,
        } => export::export(&file, form, resume, &database, &log).await,
        AuditCommand::Import {
            file,
            database,
            log,
        } => export::import(&file, &database, &log).await,
        AuditCommand::VerifyExport { file, key } => export::verified(&file, key.as_deref()),
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
