//! The file that names several chains, or tokens of a chain (`GAGE_CHAINS_FILE`), in TOML.

use std::{collections::BTreeSet, path::Path, time::Duration};

use gage_domain::value::Address;
use serde::Deserialize;

use super::{
    problem::Fault,
    secret::{PathHolds, ServiceUrl},
    settings::{ChainSettings, Chains, CoinSettings, Environment, TokenSettings},
};

/// Bytes of a file that is read: enough for hundreds of chains.
const LARGEST_BYTES: u64 = 1 << 20;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chain: Vec<Chain>,
}

/// `[[chain]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chain {
    id: u64,
    name: String,
    rpc: Vec<String>,
    escrow: String,
    #[serde(default)]
    start_block: u64,
    arbiter: Option<String>,
    confirmations: Option<u64>,
    poll_interval_ms: Option<u64>,
    coin: Option<Coin>,
    #[serde(default)]
    token: Vec<Token>,
}

/// `[chain.coin]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coin {
    symbol: String,
}

/// `[[chain.token]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    address: String,
    symbol: String,
    decimals: u8,
}

/// Reads the chains of a file, the first of which is the one that prices without a chain and
/// sign-ins are for.
pub(super) fn read(path: &Path, environment: Environment) -> Result<Chains, Fault> {
    let unreadable = |error: std::io::Error| Fault::File {
        path: path.to_owned(),
        kind: error.kind(),
    };
    let wrong = |reason: String| Fault::Chains {
        path: path.to_owned(),
        reason,
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_BYTES {
        return Err(wrong(format!(
            "it has {size} bytes, more than {LARGEST_BYTES}"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    // The parser's own words repeat the line, which may hold a node's key.
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        wrong(format!("line {line}: {}", error.message()))
    })?;
    parse(file, environment).map_err(wrong)
}

fn parse(file: File, environment: Environment) -> Result<Chains, String> {
    let mut ids = BTreeSet::new();
    let mut chains = Vec::with_capacity(file.chain.len());
    for chain in file.chain {
        let id = chain.id;
        if !ids.insert(id) {
            return Err(format!("chain {id} is there twice"));
        }
        let chain = of_chain(chain, environment);
        chains.push(chain.map_err(|reason| format!("chain {id}: {reason}"))?);
    }
    Chains::new(chains).ok_or_else(|| "it has no [[chain]]".to_owned())
}

fn of_chain(chain: Chain, environment: Environment) -> Result<ChainSettings, String> {
    let confirmations = match environment {
        Environment::Production => ChainSettings::CONFIRMATIONS,
        Environment::Development => 1,
    };
    let poll = ChainSettings::POLL_INTERVAL_MS;
    let mut tokens = Vec::with_capacity(chain.token.len());
    let mut addresses = BTreeSet::new();
    for token in chain.token {
        let token = of_token(token)?;
        if !addresses.insert(token.address) {
            return Err(format!("token {} is there twice", token.address));
        }
        tokens.push(token);
    }
    let rpc: Result<Vec<ServiceUrl>, String> = chain.rpc.iter().map(|url| of_node(url)).collect();
    let rpc = rpc?;
    if rpc.is_empty() {
        return Err("rpc needs at least one URL of a node".to_owned());
    }
    Ok(ChainSettings {
        chain_id: within("id", chain.id, 1, u64::MAX >> 1)?,
        name: named("name", &chain.name)?,
        rpc,
        escrow: address("escrow", &chain.escrow)?,
        start_block: within("start_block", chain.start_block, 0, u64::MAX >> 1)?,
        arbiter: match &chain.arbiter {
            Some(text) => address("arbiter", text)?,
            None => Address::ZERO,
        },
        confirmations: within(
            "confirmations",
            chain.confirmations.unwrap_or(confirmations),
            1,
            10_000,
        )?,
        poll_interval: Duration::from_millis(within(
            "poll_interval_ms",
            chain.poll_interval_ms.unwrap_or(poll),
            10,
            600_000,
        )?),
        coin: match chain.coin {
            Some(coin) => CoinSettings {
                symbol: symbol(&coin.symbol)?,
            },
            None => CoinSettings::default(),
        },
        tokens,
    })
}

fn of_token(token: Token) -> Result<TokenSettings, String> {
    let token = TokenSettings {
        address: address("token address", &token.address)?,
        symbol: symbol(&token.symbol)?,
        decimals: token.decimals,
    };
    if token.address.is_zero() {
        return Err("the zero address is the chain's own coin, which needs no entry".to_owned());
    }
    if token.decimals > TokenSettings::DECIMALS_MAX {
        let most = TokenSettings::DECIMALS_MAX;
        return Err(format!(
            "decimals of {} must be at most {most}",
            token.address
        ));
    }
    Ok(token)
}

/// The URL is not repeated: it may hold a key.
fn of_node(url: &str) -> Result<ServiceUrl, String> {
    ServiceUrl::parse(url, &["http", "https"], PathHolds::PerhapsAKey)
        .map_err(|error| format!("a URL of rpc {error}"))
}

fn within(name: &str, given: u64, min: u64, max: u64) -> Result<u64, String> {
    if (min..=max).contains(&given) {
        Ok(given)
    } else {
        Err(format!("{name} must be from {min} to {max}, not {given}"))
    }
}

fn named(what: &str, text: &str) -> Result<String, String> {
    let length = text.chars().count();
    if (1..=50).contains(&length) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("{what} must have 1 to 50 characters"))
    }
}

/// What amounts are shown with; a token's own word for itself is not to be trusted.
fn symbol(text: &str) -> Result<String, String> {
    if (1..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a symbol must have 1 to 11 visible ASCII characters, not {text:?}"
        ))
    }
}

fn address(what: &str, text: &str) -> Result<Address, String> {
    let parsed = crate::identity::address::parse(text);
    parsed.map_err(|_| {
        format!("{what} must be 0x and 40 hexadecimal digits, with a right EIP-55 checksum, not {text:?}")
    })
}
