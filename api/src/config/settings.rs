//! The settings in force: checked once, at the start.

use std::{net::SocketAddr, time::Duration};

use gage_domain::{
    policy::Policy,
    value::{Address, BaseUnits},
};

use super::{
    args::ServeArgs,
    checks::Checks,
    origin::Origin,
    problem::Problems,
    secret::{Secret, ServiceUrl},
};

/// The kind of place it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// Nothing inner is shown, and nothing that matters has a default.
    Production,
    /// A developer's machine with a private chain.
    Development,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Environment and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// The kind of place it runs in.
    pub environment: Environment,
    /// What is logged.
    pub filter: String,
    /// In which form.
    pub format: LogFormat,
}

/// Where the events are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// PostgreSQL.
    pub url: ServiceUrl,
    /// Connections at most.
    pub pool: u32,
}

/// Where sessions, nonces and rate limits are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// Redis.
    pub url: ServiceUrl,
    /// What keys begin with.
    pub prefix: String,
}

/// A private key, 32 bytes.
pub type PrivateKey = Secret<[u8; 32]>;

/// The chain's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSettings {
    /// HTTP JSON-RPC.
    pub rpc_url: ServiceUrl,
    /// Signs quotes.
    pub signer_key: PrivateKey,
}

/// How the chain is followed and payments are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSettings {
    /// The chain that the node must be on.
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// Where reading begins.
    pub start_block: u64,
    /// Decides disputes; zero for nobody.
    pub arbiter: Address,
    /// Blocks that a payment needs.
    pub confirmations: u64,
    /// Time between looks at the chain.
    pub poll_interval: Duration,
}

/// Who releases what nobody disputed when the hold time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperSettings {
    /// Sends and pays.
    pub key: PrivateKey,
    /// What a day's releases may cost, wei.
    pub daily_budget: BaseUnits,
    /// What a unit of gas may cost, wei.
    pub max_fee_per_gas: BaseUnits,
}

/// The shop's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSettings {
    /// The rules that orders are decided by.
    pub policy: Policy,
    /// How much longer the chain is read before an unpaid order expires.
    pub expiry_grace: Duration,
}

/// The server's own address, and who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The origin of the pages.
    pub origin: Origin,
    /// How long a sign-in holds.
    pub session_ttl: Duration,
    /// Sign-ins that one address may try in a minute.
    pub sign_ins_per_minute: u32,
    /// Requests that one wallet, or one address, may make in a minute.
    pub requests_per_minute: u32,
    /// Time between reconciliations; nothing for none.
    pub reconcile_interval: Option<Duration>,
    /// Wallets of auditors.
    pub auditors: Vec<Address>,
    /// Wallets of operators.
    pub operators: Vec<Address>,
}

/// Everything that `gage serve` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the events are.
    pub database: DatabaseSettings,
    /// Where sessions, nonces and rate limits are.
    pub redis: RedisSettings,
    /// The chain's node.
    pub node: NodeSettings,
    /// How the chain is followed.
    pub chain: ChainSettings,
    /// Who releases after the hold time, if anyone does.
    pub keeper: Option<KeeperSettings>,
    /// The shop's rules.
    pub rules: RuleSettings,
    /// The server's own address, and who may do what.
    pub server: ServerSettings,
    /// Environment and logs.
    pub log: LogSettings,
}

impl Settings {
    /// Checks everything.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn check(args: &ServeArgs) -> Result<Self, Problems> {
        let mut checks = Checks::default();
        let log = checks.log(&args.log);
        let environment = log
            .as_ref()
            .map_or(Environment::Production, |settings| settings.environment);
        let database = checks.database(&args.database);
        let redis = checks.redis(&args.redis);
        let node = checks.node(&args.node);
        let chain = checks.chain(&args.chain, environment);
        let keeper = checks.keeper(&args.keeper, node.as_ref());
        let rules = checks.rules(&args.rules);
        let server = checks.server(&args.server, environment);
        let (Some(database), Some(redis), Some(node)) = (database, redis, node) else {
            return checks.finish(None);
        };
        let (Some(chain), Some(rules), Some(server)) = (chain, rules, server) else {
            return checks.finish(None);
        };
        let settings = log.map(|log| Self {
            database,
            redis,
            node,
            chain,
            keeper,
            rules,
            server,
            log,
        });
        checks.finish(settings)
    }
}
