//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use gage_domain::value::Address;
use gage_projections::name::ProjectionName;

use crate::commands::audit::AuditCommand;
use crate::config::args::{
    ChainArgs, DatabaseArgs, LogArgs, NodeArgs, PersonalArgs, RpcArgs, ServeArgs,
};

/// Gage: a shop that is paid in crypto, with its whole history kept as events.
///
/// Customers sign in with their wallet, order, and pay into an escrow contract; owners approve;
/// every step is an event that can be read back.
///
/// To begin: `gage migrate` prepares the database, `gage deploy-escrow` puts the contract on the
/// chain, `gage serve` runs the server. `gage config` shows what is in force, and where each value
/// comes from. Every setting is an environment variable or a flag; the flag wins.
#[derive(Debug, Parser)]
#[command(
    name = "gage",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server: GraphQL, the chain's listener, projections, expiry
    ///
    /// Any number of replicas may run on one database. It waits for a database that is away, and
    /// takes orders while Redis or the chain's node is. SIGTERM or Ctrl-C ends it: it stops
    /// accepting, answers what it has begun, and stops its loops.
    Serve(Box<ServeArgs>),
    /// Prepare the database, or bring it up to date
    ///
    /// Safe to run again, and from several replicas at once. Also settles the log's offset after
    /// a restore into another cluster.
    Migrate {
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
        /// Also drop read models of older versions; only when no older release runs any more
        #[arg(long)]
        drop_older: bool,
    },
    /// Build a read model anew beside the live one, compare the two, and swap them
    ///
    /// The server may go on running. The result says whether the two were identical.
    Rebuild {
        /// catalog, orders, payments or ledger
        #[arg(value_name = "NAME")]
        name: ProjectionName,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Compare the event log with the escrow contract, payment by payment
    ///
    /// Folds every payment from its events and asks the contract about each, both as of the
    /// newest block that is deep enough; read models are not looked at. Prints what differs, what
    /// only waits for confirmations, and logs that fit nothing. Ends with an error if anything
    /// differs, and also if the node is away. Changes nothing; the server may go on running, and
    /// does the same by itself (`GAGE_RECONCILE_INTERVAL`).
    Reconcile {
        /// One JSON object, for other programs
        #[arg(long)]
        json: bool,
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
    /// Print every event of a stream, oldest first
    ///
    /// For example: gage history Order:018f3c5e-7b5a-7000-8000-000000000001. The types are Shop,
    /// Product, Inventory, Order, Payment and Payout; an order's payment has the order's UUID, and
    /// a payout is named CHAIN-ESCROW-ACCOUNT-TOKEN. A global id of the API is taken too.
    History {
        /// TYPE:UUID, or a global id of the API
        #[arg(value_name = "STREAM")]
        stream: String,
        /// One JSON object a line, for other programs
        #[arg(long)]
        json: bool,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Show what is in force and where each value comes from; secrets are hidden
    Config(Box<ServeArgs>),
    /// Put the escrow contract on the chain, and print its address and block
    ///
    /// The contract takes quotes that `GAGE_QUOTE_SIGNER_KEY_FILE` signs; it has no owner, so the
    /// deployer's key is needed this once only. Prints the two settings that `gage serve` needs.
    DeployEscrow {
        /// File with the private key (0x…) that pays for the deployment
        #[arg(long, env = "GAGE_DEPLOYER_KEY_FILE", value_name = "FILE")]
        deployer_key_file: PathBuf,
        /// Tokens (ERC-20) that the contract takes beside the chain's own coin, for ever; comma-separated
        #[arg(long, env = "GAGE_ESCROW_TOKENS", value_name = "ADDRESSES")]
        tokens: Option<String>,
        /// The chain's node.
        #[command(flatten)]
        node: NodeArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Put the contract for anchors on a chain, and print its address
    ///
    /// It has no owner, and any number of shops can use one: what is written there stands under
    /// the account that wrote it.
    DeployAnchor {
        /// File with the private key (0x…) that pays for the deployment
        #[arg(long, env = "GAGE_DEPLOYER_KEY_FILE", value_name = "FILE")]
        deployer_key_file: PathBuf,
        /// The chain's node.
        #[command(flatten)]
        rpc: RpcArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Erase a customer's personal data, for everyone and for ever
    ///
    /// Destroys the key with which the delivery details of all their orders were sealed. The
    /// history and its proofs stay as they are; every view says "erased". Refused while goods are
    /// still to be delivered. docs/privacy.md says what remains, and what to do about backups.
    EraseCustomer {
        /// The customer's wallet, 0x…
        #[arg(value_name = "ADDRESS")]
        customer: Address,
        /// Also when orders are still to be delivered: nobody will know where to
        #[arg(long)]
        even_with_open_orders: bool,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Wrap the customers' keys that are left with another key
    ///
    /// Stop every server first, and start them with the new file. Once the old file is destroyed
    /// with all its copies, no copy of an erased key opens any more, in whatever backup it lies.
    /// It can be run again when it was interrupted.
    RotatePersonalDataKey {
        /// File with the new key (0x… and 64 digits)
        #[arg(long, value_name = "FILE")]
        new_key_file: PathBuf,
        /// The key that the customers' keys are wrapped with.
        #[command(flatten)]
        personal: PersonalArgs,
        /// Where the events are.
        #[command(flatten)]
        database: DatabaseArgs,
        /// Environment and logs.
        #[command(flatten)]
        log: LogArgs,
    },
    /// Prove the history, and check proofs
    #[command(subcommand)]
    Audit(Box<AuditCommand>),
    /// Print the GraphQL schema
    Schema,
}
