//! The settings as flags and environment variables, before they are checked.
//!
//! Every value is optional text here: checking comes after, and reports
//! everything that is wrong at once and says what to set.

use std::path::PathBuf;

use clap::Args;

/// Where the events are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// PostgreSQL 15 or newer, for example `postgres://gage@localhost/gage`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Connections that this process opens at most [default: 16]
    #[arg(long, env = "GAGE_DATABASE_POOL", value_name = "N")]
    pub database_pool: Option<String>,
}

/// Where sessions, nonces and rate limits are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Redis")]
pub struct RedisArgs {
    /// Redis 7 or newer, for example `redis://localhost:6379`
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// What all keys and channels begin with [default: gage:]
    #[arg(long, env = "GAGE_REDIS_PREFIX", value_name = "TEXT")]
    pub redis_prefix: Option<String>,
}

/// Where the chain's node is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Chain")]
pub struct RpcArgs {
    /// HTTP JSON-RPC of an Ethereum node, for example `http://localhost:8545`; more of the same
    /// chain after commas, the preferred one first
    #[arg(
        long,
        env = "CHAIN_RPC_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub chain_rpc_url: Option<String>,
}

/// The chain's node, and who signs for it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Chain")]
pub struct NodeArgs {
    /// Where it is.
    #[command(flatten)]
    pub rpc: RpcArgs,
    /// File with the private key (0x…) that signs payment quotes
    #[arg(long, env = "GAGE_QUOTE_SIGNER_KEY_FILE", value_name = "FILE")]
    pub quote_signer_key_file: Option<PathBuf>,
    /// The key itself, if it is not in a file; environment only
    #[arg(skip)]
    pub quote_signer_key: Option<String>,
}

/// How the chain is followed and payments are asked for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Chain")]
pub struct ChainArgs {
    /// TOML file with all chains and tokens, in place of the settings of one chain
    #[arg(long, env = "GAGE_CHAINS_FILE", value_name = "FILE")]
    pub chains_file: Option<PathBuf>,
    /// Escrows that are left alone although payments in them are not settled, comma-separated
    #[arg(long, env = "GAGE_UNFOLLOWED_ESCROWS", value_name = "ADDRESSES")]
    pub unfollowed_escrows: Option<String>,
    /// The chain that the node must be on [default in development: 1337]
    #[arg(long = "chain-id", env = "GAGE_CHAIN_ID", value_name = "ID")]
    pub chain_id: Option<String>,
    /// The escrow contract (`gage deploy-escrow` makes one)
    #[arg(
        long = "escrow-address",
        env = "GAGE_ESCROW_ADDRESS",
        value_name = "ADDRESS"
    )]
    pub escrow_address: Option<String>,
    /// The block at which the contract was made: where reading begins [default: 0]
    #[arg(
        long = "escrow-start-block",
        env = "GAGE_ESCROW_START_BLOCK",
        value_name = "NUMBER"
    )]
    pub escrow_start_block: Option<String>,
    /// Who decides disputes; nobody when it is the zero address [default: 0x0…0]
    #[arg(
        long = "arbiter-address",
        env = "GAGE_ARBITER_ADDRESS",
        value_name = "ADDRESS"
    )]
    pub arbiter_address: Option<String>,
    /// Blocks, its own included, that a payment needs [default: 12; in development: 1]
    #[arg(long, env = "GAGE_CONFIRMATIONS", value_name = "BLOCKS")]
    pub confirmations: Option<String>,
    /// Time between looks at the chain [default: 1000]
    #[arg(long, env = "GAGE_POLL_INTERVAL_MS", value_name = "MS")]
    pub poll_interval_ms: Option<String>,
    /// How old the newest block may be, 0 for any age [default: 300; in development: 0]
    #[arg(long, env = "GAGE_HEAD_AGE_MAX_SECS", value_name = "SECS")]
    pub head_age_max_secs: Option<String>,
}

/// Who releases what nobody disputed when the hold time is over; nobody unless it has a key.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Keeper")]
pub struct KeeperArgs {
    /// File with the private key (0x…) that sends and pays for releases; no keeper without it
    #[arg(long, env = "GAGE_KEEPER_KEY_FILE", value_name = "FILE")]
    pub keeper_key_file: Option<PathBuf>,
    /// The key itself, if it is not in a file; environment only
    #[arg(skip)]
    pub keeper_key: Option<String>,
    /// What a day's releases may cost in gas [default: 10000000000000000]
    #[arg(long, env = "GAGE_KEEPER_DAILY_BUDGET_WEI", value_name = "WEI")]
    pub keeper_daily_budget_wei: Option<String>,
    /// What a unit of gas may cost [default: 100000000000]
    #[arg(long, env = "GAGE_KEEPER_MAX_FEE_WEI", value_name = "WEI")]
    pub keeper_max_fee_wei: Option<String>,
}

/// Who signs checkpoints of the tree over the event log; none are issued unless there is a key.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Proofs")]
pub struct CheckpointArgs {
    /// File with the private key (0x… and 64 digits, Ed25519) that signs checkpoints of the event log
    #[arg(long, env = "GAGE_CHECKPOINT_KEY_FILE", value_name = "FILE")]
    pub checkpoint_key_file: Option<PathBuf>,
    /// The key itself, if it is not in a file; environment only
    #[arg(skip)]
    pub checkpoint_key: Option<String>,
    /// Name of the log in its checkpoints, for good [default: host of the public URL, and /log]
    #[arg(long, env = "GAGE_CHECKPOINT_ORIGIN", value_name = "NAME")]
    pub checkpoint_origin: Option<String>,
    /// Time between checkpoints while events come in [default: 10; in development: 1]
    #[arg(long, env = "GAGE_CHECKPOINT_INTERVAL_SECS", value_name = "SECS")]
    pub checkpoint_interval_secs: Option<String>,
}

/// Who writes checkpoints to a chain; nobody unless it has a key.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Proofs")]
pub struct AnchorArgs {
    /// File with the private key (0x…) that sends and pays for anchors; none are written without it
    #[arg(long, env = "GAGE_ANCHOR_KEY_FILE", value_name = "FILE")]
    pub anchor_key_file: Option<PathBuf>,
    /// The key itself, if it is not in a file; environment only
    #[arg(skip)]
    pub anchor_key: Option<String>,
    /// The contract that remembers (`gage deploy-anchor` makes one)
    #[arg(long, env = "GAGE_ANCHOR_CONTRACT", value_name = "ADDRESS")]
    pub anchor_contract: Option<String>,
    /// The configured chain that it is on [default: the first]
    #[arg(long, env = "GAGE_ANCHOR_CHAIN_ID", value_name = "ID")]
    pub anchor_chain_id: Option<String>,
    /// Time between anchors while events come in [default: 3600]
    #[arg(long, env = "GAGE_ANCHOR_INTERVAL_SECS", value_name = "SECS")]
    pub anchor_interval_secs: Option<String>,
    /// What a day's anchors may cost in gas [default: 10000000000000000]
    #[arg(long, env = "GAGE_ANCHOR_DAILY_BUDGET_WEI", value_name = "WEI")]
    pub anchor_daily_budget_wei: Option<String>,
    /// What a unit of gas may cost [default: 100000000000]
    #[arg(long, env = "GAGE_ANCHOR_MAX_FEE_WEI", value_name = "WEI")]
    pub anchor_max_fee_wei: Option<String>,
}

/// What wraps the keys that seal personal data; none is taken unless there is a key.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Personal data")]
pub struct PersonalArgs {
    /// File with the key (0x… and 64 digits) that wraps the customers' keys; without it orders have no delivery details
    #[arg(long, env = "GAGE_PERSONAL_DATA_KEY_FILE", value_name = "FILE")]
    pub personal_data_key_file: Option<PathBuf>,
    /// The key itself, if it is not in a file; environment only
    #[arg(skip)]
    pub personal_data_key: Option<String>,
}

/// The shop's rules.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// How long an order waits for its payment, stock reserved [default: 900]
    #[arg(long, env = "GAGE_PAYMENT_WINDOW_SECS", value_name = "SECS")]
    pub payment_window_secs: Option<String>,
    /// How much longer the chain is read before an unpaid order expires [default: 30]
    #[arg(long, env = "GAGE_EXPIRY_GRACE_SECS", value_name = "SECS")]
    pub expiry_grace_secs: Option<String>,
    /// After a payment: how long until anyone may release it to the seller [default: 1209600]
    #[arg(long, env = "GAGE_HOLD_SECS", value_name = "SECS")]
    pub hold_secs: Option<String>,
    /// In a dispute: how long the arbiter has to decide [default: 1209600]
    #[arg(long, env = "GAGE_DISPUTE_SECS", value_name = "SECS")]
    pub dispute_secs: Option<String>,
}

/// The server's own address, and who may do what.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Server")]
pub struct ServerArgs {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, env = "GAGE_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Origin of the pages that use the API: what wallets show and sign [default: `http://LISTEN`]
    #[arg(long, env = "GAGE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// How long a sign-in holds [default: 86400]
    #[arg(long, env = "GAGE_SESSION_TTL_SECS", value_name = "SECS")]
    pub session_ttl_secs: Option<String>,
    /// Sign-ins that one address may try in a minute [default: 60; in development: 100000]
    #[arg(long, env = "GAGE_SIGN_INS_PER_MINUTE", value_name = "N")]
    pub sign_ins_per_minute: Option<String>,
    /// Requests that one wallet, or one address, may make in a minute [default: 1200; in development: 1000000]
    #[arg(long, env = "GAGE_REQUESTS_PER_MINUTE", value_name = "N")]
    pub requests_per_minute: Option<String>,
    /// Time between reconciliations of the event log with the chain in seconds; 0 for none [default: 3600]
    #[arg(long, env = "GAGE_RECONCILE_INTERVAL", value_name = "SECS")]
    pub reconcile_interval: Option<String>,
    /// Wallets that may see every order, comma-separated
    #[arg(long, env = "GAGE_AUDITORS", value_name = "ADDRESSES")]
    pub auditors: Option<String>,
    /// Wallets that may see every order and the server's inner state, comma-separated
    #[arg(long, env = "GAGE_OPERATORS", value_name = "ADDRESSES")]
    pub operators: Option<String>,
}

/// Environment and logs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Environment and logs")]
pub struct LogArgs {
    /// production or development; development shows introspection and text logs [default: production]
    #[arg(long = "env", env = "GAGE_ENV", value_name = "NAME")]
    pub environment: Option<String>,
    /// What is logged: error, warn, info, debug, trace, or per module as `gage_api=debug,info` [default: info,sqlx=warn]
    #[arg(long = "log", env = "GAGE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// json or text [default: json; in development: text]
    #[arg(long, env = "GAGE_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<String>,
}

/// Everything that `gage serve` needs.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Where the events are.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// Where sessions, nonces and rate limits are.
    #[command(flatten)]
    pub redis: RedisArgs,
    /// The chain's node.
    #[command(flatten)]
    pub node: NodeArgs,
    /// How the chain is followed.
    #[command(flatten)]
    pub chain: ChainArgs,
    /// Who releases after the hold time.
    #[command(flatten)]
    pub keeper: KeeperArgs,
    /// Who signs checkpoints.
    #[command(flatten)]
    pub checkpoints: CheckpointArgs,
    /// Who writes checkpoints to a chain.
    #[command(flatten)]
    pub anchors: AnchorArgs,
    /// What wraps the keys that seal personal data.
    #[command(flatten)]
    pub personal: PersonalArgs,
    /// The shop's rules.
    #[command(flatten)]
    pub rules: RuleArgs,
    /// The server's own address, and who may do what.
    #[command(flatten)]
    pub server: ServerArgs,
    /// Environment and logs.
    #[command(flatten)]
    pub log: LogArgs,
}

/// The variable that holds the quote signer's key when it is not in a file. No flag: command
/// lines are seen by every user of the machine.
pub const QUOTE_SIGNER_KEY: &str = "GAGE_QUOTE_SIGNER_KEY";

/// The variable that holds the keeper's key when it is not in a file.
pub const KEEPER_KEY: &str = "GAGE_KEEPER_KEY";

/// The variable that holds the key of checkpoints when it is not in a file.
pub const CHECKPOINT_KEY: &str = "GAGE_CHECKPOINT_KEY";

/// The variable that holds the key of anchors when it is not in a file.
pub const ANCHOR_KEY: &str = "GAGE_ANCHOR_KEY";

/// The variable that holds the key of personal data when it is not in a file.
pub const PERSONAL_DATA_KEY: &str = "GAGE_PERSONAL_DATA_KEY";

impl ServeArgs {
    /// Adds what only the environment may hold.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.node = self.node.with_environment();
        self.keeper.keeper_key = std::env::var(KEEPER_KEY).ok();
        self.checkpoints = self.checkpoints.with_environment();
        self.anchors.anchor_key = std::env::var(ANCHOR_KEY).ok();
        self.personal = self.personal.with_environment();
        self
    }
}

impl PersonalArgs {
    /// Adds what only the environment may hold.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.personal_data_key = std::env::var(PERSONAL_DATA_KEY).ok();
        self
    }
}

impl CheckpointArgs {
    /// Adds what only the environment may hold.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.checkpoint_key = std::env::var(CHECKPOINT_KEY).ok();
        self
    }
}

impl NodeArgs {
    /// Adds what only the environment may hold.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        self.quote_signer_key = std::env::var(QUOTE_SIGNER_KEY).ok();
        self
    }
}
