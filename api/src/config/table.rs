//! What is in force, for `gage config`: secrets hidden.

use gage_domain::value::{Address, BaseUnits};

use super::{
    args::ServeArgs,
    names, personal,
    problem::Setting,
    proofs::{AnchorSettings, CheckpointSettings},
    settings::{Environment, KeeperSettings, LogFormat, Settings},
};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// The built-in default.
    Default,
}

/// A setting in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The setting.
    pub setting: Setting,
    /// Its value, without secrets.
    pub value: String,
    /// Where it comes from.
    pub source: Source,
}

/// Everything in force. `variable` looks a variable of the environment up.
pub fn table(
    args: &ServeArgs,
    settings: &Settings,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<Row> {
    let rows = values(args, settings)
        .into_iter()
        .map(|(setting, given, value)| {
            let from_environment = variable(setting.variable);
            let source = match (&given, &from_environment) {
                (None, None) => Source::Default,
                (Some(given), Some(found)) if given == found => Source::Environment,
                (None, Some(_)) => Source::Environment,
                (Some(_), _) => Source::Flag,
            };
            Row {
                setting,
                value,
                source,
            }
        });
    rows.collect()
}

pub(super) type Value = (Setting, Option<String>, String);

fn values(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let mut values = services(args, settings);
    values.extend(chain(args, settings));
    values.push((
        names::UNFOLLOWED_ESCROWS,
        args.chain.unfollowed_escrows.clone(),
        list(&settings.unfollowed_escrows),
    ));
    values.extend(keeper(args, settings));
    values.extend(checkpoints(args, settings));
    values.extend(anchors(args, settings));
    values.push(personal::row(&args.personal));
    values.extend(rules(args, settings));
    values.extend(server(args, settings));
    values
}

fn services(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (database, redis) = (&settings.database, &settings.redis);
    let key = match &args.node.quote_signer_key_file {
        Some(path) => {
            let path = path.display().to_string();
            (names::SIGNER_KEY_FILE, Some(path.clone()), path)
        }
        None => (
            names::SIGNER_KEY,
            args.node.quote_signer_key.clone(),
            "(hidden)".to_owned(),
        ),
    };
    vec![
        (
            names::DATABASE_URL,
            args.database.database_url.clone(),
            database.url.to_string(),
        ),
        (
            names::DATABASE_POOL,
            args.database.database_pool.clone(),
            database.pool.to_string(),
        ),
        (
            names::REDIS_URL,
            args.redis.redis_url.clone(),
            redis.url.to_string(),
        ),
        (
            names::REDIS_PREFIX,
            args.redis.redis_prefix.clone(),
            redis.prefix.clone(),
        ),
        key,
    ]
}

fn chain(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let rpc = args.node.rpc.chain_rpc_url.clone();
    let (args, chain) = (&args.chain, settings.chains.first());
    if let Some(path) = &args.chains_file {
        let path = path.display().to_string();
        let ids: Vec<_> = settings
            .chains
            .iter()
            .map(|chain| chain.chain_id.to_string())
            .collect();
        let value = format!("{path} (chains {})", ids.join(", "));
        return vec![(names::CHAINS_FILE, Some(path), value)];
    }
    let head_age = chain.head_age_max.unwrap_or_default();
    let poll_ms = chain.poll_interval.as_millis().to_string();
    let nodes: Vec<_> = chain.rpc.iter().map(ToString::to_string).collect();
    vec![
        (names::CHAINS_FILE, None, "(none)".to_owned()),
        (names::CHAIN_RPC_URL, rpc, nodes.join(", ")),
        (
            names::CHAIN_ID,
            args.chain_id.clone(),
            chain.chain_id.to_string(),
        ),
        (
            names::ESCROW_ADDRESS,
            args.escrow_address.clone(),
            chain.escrow.to_string(),
        ),
        (
            names::ESCROW_START_BLOCK,
            args.escrow_start_block.clone(),
            chain.start_block.to_string(),
        ),
        (
            names::ARBITER,
            args.arbiter_address.clone(),
            chain.arbiter.to_string(),
        ),
        (
            names::CONFIRMATIONS,
            args.confirmations.clone(),
            chain.confirmations.to_string(),
        ),
        (names::POLL_INTERVAL, args.poll_interval_ms.clone(), poll_ms),
        (
            names::HEAD_AGE_MAX,
            args.head_age_max_secs.clone(),
            head_age.as_secs().to_string(),
        ),
    ]
}

fn keeper(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (args, keeper) = (&args.keeper, settings.keeper.as_ref());
    let key = match (&args.keeper_key_file, &args.keeper_key) {
        (Some(path), _) => {
            let path = path.display().to_string();
            (names::KEEPER_KEY_FILE, Some(path.clone()), path)
        }
        (None, Some(key)) => (names::KEEPER_KEY, Some(key.clone()), "(hidden)".to_owned()),
        (None, None) => (names::KEEPER_KEY_FILE, None, "(nobody)".to_owned()),
    };
    let wei = |amount: fn(&KeeperSettings) -> BaseUnits| {
        keeper.map_or_else(
            || "(no keeper)".to_owned(),
            |keeper| amount(keeper).to_string(),
        )
    };
    vec![
        key,
        (
            names::KEEPER_BUDGET,
            args.keeper_daily_budget_wei.clone(),
            wei(|keeper| keeper.daily_budget),
        ),
        (
            names::KEEPER_MAX_FEE,
            args.keeper_max_fee_wei.clone(),
            wei(|keeper| keeper.max_fee_per_gas),
        ),
    ]
}

fn checkpoints(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (args, checkpoints) = (&args.checkpoints, settings.checkpoints.as_ref());
    let key = match (&args.checkpoint_key_file, &args.checkpoint_key) {
        (Some(path), _) => {
            let path = path.display().to_string();
            (names::CHECKPOINT_KEY_FILE, Some(path.clone()), path)
        }
        (None, Some(key)) => (
            names::CHECKPOINT_KEY,
            Some(key.clone()),
            "(hidden)".to_owned(),
        ),
        (None, None) => (
            names::CHECKPOINT_KEY_FILE,
            None,
            "(nobody: no checkpoints are issued)".to_owned(),
        ),
    };
    let shown = |value: fn(&CheckpointSettings) -> String| {
        checkpoints.map_or_else(|| "(no checkpoints)".to_owned(), value)
    };
    vec![
        key,
        (
            names::CHECKPOINT_ORIGIN,
            args.checkpoint_origin.clone(),
            shown(|checkpoints| checkpoints.origin.to_string()),
        ),
        (
            names::CHECKPOINT_INTERVAL,
            args.checkpoint_interval_secs.clone(),
            shown(|checkpoints| checkpoints.interval.as_secs().to_string()),
        ),
    ]
}

fn anchors(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (args, anchors) = (&args.anchors, settings.anchors.as_ref());
    let key = match (&args.anchor_key_file, &args.anchor_key) {
        (Some(path), _) => {
            let path = path.display().to_string();
            (names::ANCHOR_KEY_FILE, Some(path.clone()), path)
        }
        (None, Some(key)) => (names::ANCHOR_KEY, Some(key.clone()), "(hidden)".to_owned()),
        (None, None) => (names::ANCHOR_KEY_FILE, None, "(nobody)".to_owned()),
    };
    let shown = |value: fn(&AnchorSettings) -> String| {
        anchors.map_or_else(|| "(no anchors)".to_owned(), value)
    };
    vec![
        key,
        (
            names::ANCHOR_CONTRACT,
            args.anchor_contract.clone(),
            shown(|anchors| anchors.contract.to_string()),
        ),
        (
            names::ANCHOR_CHAIN_ID,
            args.anchor_chain_id.clone(),
            shown(|anchors| anchors.chain_id.to_string()),
        ),
        (
            names::ANCHOR_INTERVAL,
            args.anchor_interval_secs.clone(),
            shown(|anchors| anchors.interval.as_secs().to_string()),
        ),
        (
            names::ANCHOR_BUDGET,
            args.anchor_daily_budget_wei.clone(),
            shown(|anchors| anchors.daily_budget.to_string()),
        ),
        (
            names::ANCHOR_MAX_FEE,
            args.anchor_max_fee_wei.clone(),
            shown(|anchors| anchors.max_fee_per_gas.to_string()),
        ),
    ]
}

fn rules(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (args, rules) = (&args.rules, &settings.rules);
    let window = rules.policy.payment_window.whole_seconds().to_string();
    let grace = rules.expiry_grace.as_secs().to_string();
    vec![
        (
            names::PAYMENT_WINDOW,
            args.payment_window_secs.clone(),
            window,
        ),
        (names::EXPIRY_GRACE, args.expiry_grace_secs.clone(), grace),
        (
            names::HOLD,
            args.hold_secs.clone(),
            rules.policy.hold_secs.to_string(),
        ),
        (
            names::DISPUTE,
            args.dispute_secs.clone(),
            rules.policy.dispute_secs.to_string(),
        ),
    ]
}

fn server(args: &ServeArgs, settings: &Settings) -> Vec<Value> {
    let (server, log) = (&settings.server, &settings.log);
    let environment = match log.environment {
        Environment::Production => "production",
        Environment::Development => "development",
    };
    let format = match log.format {
        LogFormat::Json => "json",
        LogFormat::Text => "text",
    };
    let sign_ins = server.sign_ins_per_minute.to_string();
    let requests = server.requests_per_minute.to_string();
    let ttl = server.session_ttl.as_secs().to_string();
    let reconcile = server.reconcile_interval.unwrap_or_default().as_secs();
    vec![
        (
            names::LISTEN,
            args.server.listen.clone(),
            server.listen.to_string(),
        ),
        (
            names::PUBLIC_URL,
            args.server.public_url.clone(),
            server.origin.to_string(),
        ),
        (
            names::SESSION_TTL,
            args.server.session_ttl_secs.clone(),
            ttl,
        ),
        (
            names::SIGN_INS,
            args.server.sign_ins_per_minute.clone(),
            sign_ins,
        ),
        (
            names::REQUESTS,
            args.server.requests_per_minute.clone(),
            requests,
        ),
        (
            names::RECONCILE_INTERVAL,
            args.server.reconcile_interval.clone(),
            reconcile.to_string(),
        ),
        (
            names::AUDITORS,
            args.server.auditors.clone(),
            list(&server.auditors),
        ),
        (
            names::OPERATORS,
            args.server.operators.clone(),
            list(&server.operators),
        ),
        (
            names::ENVIRONMENT,
            args.log.environment.clone(),
            environment.to_owned(),
        ),
        (names::LOG, args.log.log.clone(), log.filter.clone()),
        (
            names::LOG_FORMAT,
            args.log.log_format.clone(),
            format.to_owned(),
        ),
    ]
}

fn list(addresses: &[Address]) -> String {
    if addresses.is_empty() {
        return "(nobody)".to_owned();
    }
    addresses
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
