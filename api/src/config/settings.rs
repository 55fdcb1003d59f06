//! The settings in force: checked once, at the start.

use std::{net::SocketAddr, time::Duration};

use gage_domain::{
    policy::Policy,
    rate::Decimal,
    value::{Address, BaseUnits, Fiat},
};

use super::{
    args::ServeArgs,
    checks::Checks,
    names,
    origin::Origin,
    problem::Problems,
    proofs::{AnchorSettings, CheckpointSettings, OtherKeys},
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

/// A chain's nodes, and who signs for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSettings {
    /// HTTP JSON-RPC, the preferred node first; at least one.
    pub rpc: Vec<ServiceUrl>,
    /// Signs quotes.
    pub signer_key: PrivateKey,
}

/// What a coin or a token costs in fiat money, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateSettings {
    /// The currency that prices are in.
    pub fiat: Fiat,
    /// Who says what one costs in it.
    pub source: RateSource,
}

/// Who says what a coin or a token costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateSource {
    /// A feed that answers in the currency.
    Feed(FeedSettings),
    /// A feed that answers in dollars, and one between dollars and the currency.
    Composed {
        /// Dollars for one.
        token: FeedSettings,
        /// Between dollars and the currency.
        exchange: FeedSettings,
        /// Which way round that one counts.
        quoted: Quoted,
    },
    /// The operator, from the start of the server until the next.
    Fixed(Decimal),
}

/// Which way round a feed between dollars and a currency counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoted {
    /// Dollars for one unit of the currency.
    UsdPerFiat,
    /// Units of the currency for one dollar.
    FiatPerUsd,
}

/// A price feed as Chainlink's `AggregatorV3Interface` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedSettings {
    /// The chain that it is on (EIP-155).
    pub chain_id: u64,
    /// Its contract.
    pub address: Address,
    /// How old its answer may be.
    pub heartbeat: Duration,
}

/// A chain's own coin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoinSettings {
    /// What amounts are shown with.
    pub symbol: String,
    /// What one costs in fiat money.
    pub rates: Vec<RateSettings>,
    /// What the keeper releases at least, wei; nothing for what the release itself may cost.
    pub keeper_min: Option<BaseUnits>,
}

impl Default for CoinSettings {
    fn default() -> Self {
        Self {
            symbol: "ETH".to_owned(),
            rates: Vec::new(),
            keeper_min: None,
        }
    }
}

/// A token (ERC-20) that a chain's escrow accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// Its contract.
    pub address: Address,
    /// What amounts are shown with.
    pub symbol: String,
    /// Digits after the decimal point: what a whole one is, for amounts that are shown and for
    /// rates. The server does not sell in a token that says otherwise itself.
    pub decimals: u8,
    /// Whether it takes permits (EIP-2612).
    pub permit: bool,
    /// What a whole one costs in fiat money.
    pub rates: Vec<RateSettings>,
    /// What the keeper releases at least, base units; without it, it leaves the token alone.
    pub keeper_min: Option<BaseUnits>,
}

impl TokenSettings {
    /// More than any token that is in use; 10^36 of anything fits an amount many times.
    pub const DECIMALS_MAX: u8 = 36;
}

/// The chains on which payments are taken: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chains(Vec<ChainSettings>);

impl Chains {
    /// The chains, the first being the one that sign-ins are for. None when there is none.
    pub fn new(chains: Vec<ChainSettings>) -> Option<Self> {
        (!chains.is_empty()).then_some(Self(chains))
    }

    /// The one that sign-ins are for, and prices that name none.
    pub fn first(&self) -> &ChainSettings {
        &self.0[0]
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, ChainSettings> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Chains {
    type Item = &'a ChainSettings;
    type IntoIter = std::slice::Iter<'a, ChainSettings>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How a chain is followed and payments are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainSettings {
    /// The chain (EIP-155) that the nodes must be on.
    pub chain_id: u64,
    /// What people call it.
    pub name: String,
    /// HTTP JSON-RPC, the preferred node first; at least one.
    pub rpc: Vec<ServiceUrl>,
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
    /// How old the newest block may be; nothing for any age.
    pub head_age_max: Option<Duration>,
    /// Its own coin.
    pub coin: CoinSettings,
    /// Tokens that the escrow accepts; it was deployed with them.
    pub tokens: Vec<TokenSettings>,
}

impl ChainSettings {
    /// Blocks that a payment needs where nothing is said.
    pub const CONFIRMATIONS: u64 = 12;
    /// Milliseconds between looks at the chain where nothing is said.
    pub const POLL_INTERVAL_MS: u64 = 1_000;
    /// The longest time of a head's age that can be set, seconds.
    pub const HEAD_AGE_LIMIT_SECS: u64 = 86_400;

    /// Seconds that the newest block may be old where nothing is said; 0 for any age. Private
    /// chains of developers have blocks only when something happens.
    pub fn head_age_max_secs(environment: Environment) -> u64 {
        match environment {
            Environment::Production => 300,
            Environment::Development => 0,
        }
    }

    /// The bound that is meant by seconds, of which 0 are none.
    pub fn head_age_max(secs: u64) -> Option<Duration> {
        (secs > 0).then(|| Duration::from_secs(secs))
    }
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
    /// Signs quotes.
    pub signer_key: PrivateKey,
    /// The chains on which payments are taken.
    pub chains: Chains,
    /// Escrows that are left alone although payments in them are not settled.
    pub unfollowed_escrows: Vec<Address>,
    /// Who releases after the hold time, if anyone does.
    pub keeper: Option<KeeperSettings>,
    /// Who signs checkpoints of the event log, if anyone does.
    pub checkpoints: Option<CheckpointSettings>,
    /// Who writes them to a chain, if anyone does.
    pub anchors: Option<AnchorSettings>,
    /// Wraps the keys that seal personal data; without it none is taken.
    pub personal_data_key: Option<PrivateKey>,
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
        let signer_key = checks.signer_key(&args.node);
        let chains = checks.chains(&args.node.rpc, &args.chain, environment);
        let unfollowed = args.chain.unfollowed_escrows.as_deref();
        let unfollowed = checks.addresses(names::UNFOLLOWED_ESCROWS, unfollowed);
        let keeper = checks.keeper(&args.keeper, signer_key.as_ref());
        let others = OtherKeys {
            signer: signer_key.as_ref(),
            keeper: keeper.as_ref().map(|keeper| &keeper.key),
        };
        let anchors = checks.anchors(&args.anchors, &args.checkpoints, &others, chains.as_ref());
        let personal_data_key = checks.personal_data_key(&args.personal, &others);
        let rules = checks.rules(&args.rules);
        let server = checks.server(&args.server, environment);
        let public = server.as_ref().map(|server| &server.origin);
        let checkpoints = checks.checkpoints(&args.checkpoints, public, environment);
        let (Some(database), Some(redis), Some(signer_key)) = (database, redis, signer_key) else {
            return checks.finish(None);
        };
        let (Some(chains), Some(rules), Some(server)) = (chains, rules, server) else {
            return checks.finish(None);
        };
        let settings = log.map(|log| Self {
            database,
            redis,
            signer_key,
            chains,
            unfollowed_escrows: unfollowed.unwrap_or_default(),
            keeper,
            checkpoints,
            anchors,
            personal_data_key,
            rules,
            server,
            log,
        });
        checks.finish(settings)
    }
}
