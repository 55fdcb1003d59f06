//! The checks of single settings, and of what belongs together.

use std::{net::SocketAddr, path::Path, time::Duration};

use gage_domain::{policy::Policy, value::Address};

use super::{
    args::{
        ChainArgs, DatabaseArgs, KeeperArgs, LogArgs, NodeArgs, RedisArgs, RpcArgs, RuleArgs,
        ServerArgs,
    },
    chains_file, names,
    origin::Origin,
    problem::{Fault, Problem, Problems, Setting},
    secret::{PathHolds, Secret, ServiceUrl},
    settings::{
        ChainSettings, Chains, CoinSettings, DatabaseSettings, Environment, KeeperSettings,
        LogFormat, LogSettings, NodeSettings, PrivateKey, RedisSettings, RuleSettings,
        ServerSettings,
    },
};

/// What is logged when nothing is said: what PostgreSQL notices about our own statements is not.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

/// Collects what is wrong, so that all of it is told at once.
#[derive(Default)]
pub(super) struct Checks {
    problems: Vec<Problem>,
}

impl Checks {
    /// What a check came to, or everything that was wrong.
    pub(super) fn finish<T>(self, checked: Option<T>) -> Result<T, Problems> {
        match checked {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(Problems(self.problems)),
        }
    }

    pub(super) fn database(&mut self, args: &DatabaseArgs) -> Option<DatabaseSettings> {
        let url = self.required(names::DATABASE_URL, args.database_url.as_deref());
        let url = url.and_then(|url| {
            self.service(
                names::DATABASE_URL,
                &url,
                &["postgres", "postgresql"],
                PathHolds::Name,
            )
        });
        let pool = self.number(
            names::DATABASE_POOL,
            args.database_pool.as_deref(),
            16,
            2,
            1000,
        );
        Some(DatabaseSettings {
            url: url?,
            pool: u32::try_from(pool?).ok()?,
        })
    }

    pub(super) fn redis(&mut self, args: &RedisArgs) -> Option<RedisSettings> {
        let url = self.required(names::REDIS_URL, args.redis_url.as_deref());
        let url = url.and_then(|url| {
            self.service(
                names::REDIS_URL,
                &url,
                &["redis", "rediss"],
                PathHolds::Name,
            )
        });
        let prefix = args
            .redis_prefix
            .clone()
            .unwrap_or_else(|| "gage:".to_owned());
        Some(RedisSettings { url: url?, prefix })
    }

    pub(super) fn node(&mut self, args: &NodeArgs) -> Option<NodeSettings> {
        let (rpc, signer_key) = (self.rpc(&args.rpc), self.signer_key(args));
        Some(NodeSettings {
            rpc: rpc?,
            signer_key: signer_key?,
        })
    }

    /// Nodes of one chain, separated by commas.
    pub(super) fn rpc(&mut self, args: &RpcArgs) -> Option<Vec<ServiceUrl>> {
        let urls = self.required(names::CHAIN_RPC_URL, args.chain_rpc_url.as_deref())?;
        let (schemes, path) = (&["http", "https"], PathHolds::PerhapsAKey);
        urls.split(',')
            .map(|url| self.service(names::CHAIN_RPC_URL, url.trim(), schemes, path))
            .collect()
    }

    pub(super) fn signer_key(&mut self, args: &NodeArgs) -> Option<PrivateKey> {
        let setting = names::SIGNER_KEY_FILE;
        let key = match (&args.quote_signer_key_file, &args.quote_signer_key) {
            (Some(path), _) => read_key(path),
            (None, Some(text)) => parse_key(text),
            (None, None) => Err(Fault::Missing),
        };
        self.keep(setting, key)
    }

    /// The chains of the file, or the one that the other settings describe.
    pub(super) fn chains(
        &mut self,
        rpc: &RpcArgs,
        args: &ChainArgs,
        environment: Environment,
    ) -> Option<Chains> {
        let Some(path) = &args.chains_file else {
            return Chains::new(vec![self.chain(rpc, args, environment)?]);
        };
        let also = also_said(args);
        let chains = if also.is_empty() {
            chains_file::read(path, environment, &|name| std::env::var(name).ok())
        } else {
            Err(Fault::SaidTwice { also })
        };
        self.keep(names::CHAINS_FILE, chains)
    }

    fn chain(
        &mut self,
        rpc: &RpcArgs,
        args: &ChainArgs,
        environment: Environment,
    ) -> Option<ChainSettings> {
        let rpc = self.rpc(rpc);
        let development = environment == Environment::Development;
        let chain_id = match (args.chain_id.as_deref(), development) {
            (None, false) => self.keep(names::CHAIN_ID, Err(Fault::Missing)),
            (given, _) => self.number(names::CHAIN_ID, given, 1337, 1, u64::MAX >> 1),
        };
        let escrow = self
            .required(names::ESCROW_ADDRESS, args.escrow_address.as_deref())
            .and_then(|text| self.address(names::ESCROW_ADDRESS, &text));
        let start = args.escrow_start_block.as_deref();
        let start_block = self.number(names::ESCROW_START_BLOCK, start, 0, 0, u64::MAX >> 1);
        let arbiter = match args.arbiter_address.as_deref() {
            Some(text) => self.address(names::ARBITER, text),
            None => Some(Address::ZERO),
        };
        let deep_enough = if development {
            1
        } else {
            ChainSettings::CONFIRMATIONS
        };
        let confirmations = args.confirmations.as_deref();
        let confirmations =
            self.number(names::CONFIRMATIONS, confirmations, deep_enough, 1, 10_000);
        let poll = args.poll_interval_ms.as_deref();
        let normal = ChainSettings::POLL_INTERVAL_MS;
        let poll = self.number(names::POLL_INTERVAL, poll, normal, 10, 600_000);
        let age = args.head_age_max_secs.as_deref();
        let (normal, most) = (
            ChainSettings::head_age_max_secs(environment),
            ChainSettings::HEAD_AGE_LIMIT_SECS,
        );
        let head_age = self.number(names::HEAD_AGE_MAX, age, normal, 0, most);
        let chain_id = chain_id?;
        Some(ChainSettings {
            chain_id,
            name: format!("Chain {chain_id}"),
            rpc: rpc?,
            escrow: escrow?,
            start_block: start_block?,
            arbiter: arbiter?,
            confirmations: confirmations?,
            poll_interval: Duration::from_millis(poll?),
            head_age_max: ChainSettings::head_age_max(head_age?),
            coin: CoinSettings::default(),
            tokens: Vec::new(),
        })
    }

    /// None without a key, and when something is wrong: then there is a problem more.
    pub(super) fn keeper(
        &mut self,
        args: &KeeperArgs,
        signer_key: Option<&PrivateKey>,
    ) -> Option<KeeperSettings> {
        let budget = args.keeper_daily_budget_wei.as_deref();
        let hundredth = 10_000_000_000_000_000;
        let budget = self.number(names::KEEPER_BUDGET, budget, hundredth, 0, u64::MAX);
        let fee = args.keeper_max_fee_wei.as_deref();
        let hundred_gwei = 100_000_000_000;
        let fee = self.number(names::KEEPER_MAX_FEE, fee, hundred_gwei, 1, u64::MAX);
        let key = match (&args.keeper_key_file, &args.keeper_key) {
            (Some(path), _) => read_key(path),
            (None, Some(text)) => parse_key(text),
            (None, None) => return None,
        };
        // Who signs quotes must never be the one whose nonce and money are spent.
        let key = key.and_then(|key| match signer_key {
            Some(signer) if *signer == key => Err(Fault::SharedKey {
                with: "signs quotes",
            }),
            _ => Ok(key),
        });
        let key = self.keep(names::KEEPER_KEY_FILE, key);
        Some(KeeperSettings {
            key: key?,
            daily_budget: budget?.into(),
            max_fee_per_gas: fee?.into(),
        })
    }

    pub(super) fn rules(&mut self, args: &RuleArgs) -> Option<RuleSettings> {
        let year = Policy::PERIOD_MAX_SECS;
        let standard = Policy::default();
        let window = args.payment_window_secs.as_deref();
        let longest = Policy::PAYMENT_WINDOW_MAX.whole_seconds().unsigned_abs();
        let normal = standard.payment_window.whole_seconds().unsigned_abs();
        let window = self.number(names::PAYMENT_WINDOW, window, normal, 1, longest);
        let grace = args.expiry_grace_secs.as_deref();
        let grace = self.number(names::EXPIRY_GRACE, grace, 30, 0, 86_400);
        let hold = self.number(
            names::HOLD,
            args.hold_secs.as_deref(),
            standard.hold_secs,
            0,
            year,
        );
        let dispute = args.dispute_secs.as_deref();
        let dispute = self.number(names::DISPUTE, dispute, standard.dispute_secs, 0, year);
        let policy = Policy {
            payment_window: time::Duration::seconds(i64::try_from(window?).ok()?),
            hold_secs: hold?,
            dispute_secs: dispute?,
        };
        let policy = policy.checked().map_err(Fault::from);
        let policy = self.keep(names::PAYMENT_WINDOW, policy)?;
        Some(RuleSettings {
            policy,
            expiry_grace: Duration::from_secs(grace?),
        })
    }

    pub(super) fn server(
        &mut self,
        args: &ServerArgs,
        environment: Environment,
    ) -> Option<ServerSettings> {
        let listen = args.listen.as_deref().unwrap_or("127.0.0.1:8080");
        let listen = listen.parse().map_err(|_| Fault::Listen {
            given: listen.to_owned(),
        });
        let listen: Option<SocketAddr> = self.keep(names::LISTEN, listen);
        let origin = match (args.public_url.as_deref(), listen) {
            (Some(text), _) => self.keep(names::PUBLIC_URL, Origin::parse(text)),
            (None, Some(listen)) => self.keep(
                names::PUBLIC_URL,
                Origin::parse(&format!("http://{listen}")),
            ),
            (None, None) => None,
        };
        let ttl = args.session_ttl_secs.as_deref();
        let ttl = self.number(names::SESSION_TTL, ttl, 86_400, 60, 31_536_000);
        let (sign_ins, requests) = match environment {
            Environment::Production => (60, 1_200),
            // Load tests come from one address.
            Environment::Development => (100_000, 1_000_000),
        };
        let most = u64::from(u32::MAX);
        let given = args.sign_ins_per_minute.as_deref();
        let sign_ins = self.number(names::SIGN_INS, given, sign_ins, 1, most);
        let given = args.requests_per_minute.as_deref();
        let requests = self.number(names::REQUESTS, given, requests, 1, most);
        let given = args.reconcile_interval.as_deref();
        let reconcile = self.number(names::RECONCILE_INTERVAL, given, 3_600, 0, 31_536_000);
        let auditors = self.addresses(names::AUDITORS, args.auditors.as_deref());
        let operators = self.addresses(names::OPERATORS, args.operators.as_deref());
        Some(ServerSettings {
            listen: listen?,
            origin: origin?,
            session_ttl: Duration::from_secs(ttl?),
            sign_ins_per_minute: u32::try_from(sign_ins?).ok()?,
            requests_per_minute: u32::try_from(requests?).ok()?,
            reconcile_interval: Some(Duration::from_secs(reconcile?))
                .filter(|interval| !interval.is_zero()),
            auditors: auditors?,
            operators: operators?,
        })
    }

    pub(super) fn log(&mut self, args: &LogArgs) -> Option<LogSettings> {
        let environment = match args.environment.as_deref() {
            None | Some("production") => Ok(Environment::Production),
            Some("development") => Ok(Environment::Development),
            Some(given) => Err(word("production or development", given)),
        };
        let environment = self.keep(names::ENVIRONMENT, environment);
        let format = match (args.log_format.as_deref(), environment) {
            (Some("json"), _) => Ok(LogFormat::Json),
            (Some("text"), _) | (None, Some(Environment::Development)) => Ok(LogFormat::Text),
            (Some(given), _) => Err(word("json or text", given)),
            (None, _) => Ok(LogFormat::Json),
        };
        let format = self.keep(names::LOG_FORMAT, format);
        let filter = args
            .log
            .clone()
            .unwrap_or_else(|| DEFAULT_FILTER.to_owned());
        let readable = filter.parse::<tracing_subscriber::filter::Targets>();
        let readable = readable.map_err(|_| word("a level or a list of module=level", &filter));
        self.keep(names::LOG, readable);
        Some(LogSettings {
            environment: environment?,
            filter,
            format: format?,
        })
    }

    pub(super) fn required(&mut self, setting: Setting, given: Option<&str>) -> Option<String> {
        let given = given.filter(|text| !text.is_empty()).map(str::to_owned);
        self.keep(setting, given.ok_or(Fault::Missing))
    }

    fn service(
        &mut self,
        setting: Setting,
        text: &str,
        schemes: &[&str],
        path: PathHolds,
    ) -> Option<ServiceUrl> {
        self.keep(
            setting,
            ServiceUrl::parse(text, schemes, path).map_err(Fault::from),
        )
    }

    pub(super) fn number(
        &mut self,
        setting: Setting,
        given: Option<&str>,
        default: u64,
        min: u64,
        max: u64,
    ) -> Option<u64> {
        let Some(text) = given else {
            return Some(default);
        };
        let number = match text.parse::<u64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ => Err(Fault::Number {
                min,
                max,
                given: text.to_owned(),
            }),
        };
        self.keep(setting, number)
    }

    pub(super) fn address(&mut self, setting: Setting, text: &str) -> Option<Address> {
        let address = crate::identity::address::parse(text).map_err(|_| Fault::Address {
            given: text.to_owned(),
        });
        self.keep(setting, address)
    }

    pub(super) fn addresses(
        &mut self,
        setting: Setting,
        list: Option<&str>,
    ) -> Option<Vec<Address>> {
        let texts = list.unwrap_or_default().split(',').map(str::trim);
        texts
            .filter(|text| !text.is_empty())
            .map(|text| self.address(setting, text))
            .collect()
    }

    pub(super) fn keep<T>(&mut self, setting: Setting, checked: Result<T, Fault>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err(fault) => {
                self.problems.push(Problem { setting, fault });
                None
            }
        }
    }
}

/// What describes one chain and is set although a file describes all. A node's URL is not: the
/// file may name its variable.
fn also_said(args: &ChainArgs) -> Vec<&'static str> {
    let said = [
        (names::CHAIN_ID, &args.chain_id),
        (names::ESCROW_ADDRESS, &args.escrow_address),
        (names::ESCROW_START_BLOCK, &args.escrow_start_block),
        (names::ARBITER, &args.arbiter_address),
        (names::CONFIRMATIONS, &args.confirmations),
        (names::POLL_INTERVAL, &args.poll_interval_ms),
        (names::HEAD_AGE_MAX, &args.head_age_max_secs),
    ];
    let said = said.into_iter().filter(|(_, given)| given.is_some());
    said.map(|(setting, _)| setting.variable).collect()
}

fn word(expected: &'static str, given: &str) -> Fault {
    Fault::Word {
        expected,
        given: given.to_owned(),
    }
}

/// A private key from a file: 0x and 64 digits, surrounded by white space at most.
pub(super) fn read_key(path: &Path) -> Result<PrivateKey, Fault> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse_key(&text),
        Err(error) => Err(Fault::File {
            path: path.to_owned(),
            kind: error.kind(),
        }),
    }
}

pub(super) fn parse_key(text: &str) -> Result<PrivateKey, Fault> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut key = [0_u8; 32];
    hex::decode_to_slice(digits, &mut key).map_err(|_| Fault::Key)?;
    if key == [0; 32] {
        Err(Fault::Key)
    } else {
        Ok(Secret::new(key))
    }
}
