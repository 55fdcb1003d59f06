//! The file that names several chains, or tokens of a chain (`GAGE_CHAINS_FILE`), in TOML.

use std::{collections::BTreeSet, path::Path, time::Duration};

use gage_domain::value::{Address, BaseUnits};
use serde::Deserialize;

use super::{
    problem::Fault,
    rates::{self, Rate},
    secret::{PathHolds, ServiceUrl},
    settings::{ChainSettings, Chains, CoinSettings, Environment, TokenSettings},
};

/// Bytes of a file that is read: enough for hundreds of chains.
const LARGEST_BYTES: u64 = 1 << 20;

/// What looks a variable of the environment up.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

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
    head_age_max_secs: Option<u64>,
    coin: Option<Coin>,
    #[serde(default)]
    token: Vec<Token>,
}

/// `[chain.coin]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coin {
    symbol: String,
    #[serde(default)]
    rate: Vec<Rate>,
    keeper_min: Option<String>,
}

/// `[[chain.token]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    address: String,
    symbol: String,
    decimals: u8,
    #[serde(default)]
    permit: bool,
    #[serde(default)]
    rate: Vec<Rate>,
    keeper_min: Option<String>,
}

/// Reads the chains of a file, the first of which is the one that prices without a chain and
/// sign-ins are for. A node may be named by a variable of the environment (`$NAME`), so that its
/// key need not stand in the file.
pub(super) fn read(
    path: &Path,
    environment: Environment,
    variable: Lookup<'_>,
) -> Result<Chains, Fault> {
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
    // All of the parser's words repeat the line, which may hold a node's key.
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        wrong(format!("line {line}: {}", without_urls(error.message())))
    })?;
    parse(file, environment, variable).map_err(wrong)
}

fn parse(file: File, environment: Environment, variable: Lookup<'_>) -> Result<Chains, String> {
    let mut ids = BTreeSet::new();
    let mut chains = Vec::with_capacity(file.chain.len());
    for chain in file.chain {
        let id = chain.id;
        if !ids.insert(id) {
            return Err(format!("chain {id} is there twice"));
        }
        let chain = of_chain(chain, environment, variable);
        chains.push(chain.map_err(|reason| format!("chain {id}: {reason}"))?);
    }
    Chains::new(chains).ok_or_else(|| "it has no [[chain]]".to_owned())
}

fn of_chain(
    chain: Chain,
    environment: Environment,
    variable: Lookup<'_>,
) -> Result<ChainSettings, String> {
    let confirmations = match environment {
        Environment::Production => ChainSettings::CONFIRMATIONS,
        Environment::Development => 1,
    };
    let poll = ChainSettings::POLL_INTERVAL_MS;
    let head_age = ChainSettings::head_age_max_secs(environment);
    let mut tokens = Vec::with_capacity(chain.token.len());
    let mut addresses = BTreeSet::new();
    for token in chain.token {
        let token = of_token(&token, chain.id)?;
        if !addresses.insert(token.address) {
            return Err(format!("token {} is there twice", token.address));
        }
        tokens.push(token);
    }
    let rpc = chain.rpc.iter().map(|url| of_node(url, variable));
    let rpc: Vec<ServiceUrl> = rpc.collect::<Result<_, String>>()?;
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
        head_age_max: ChainSettings::head_age_max(within(
            "head_age_max_secs",
            chain.head_age_max_secs.unwrap_or(head_age),
            0,
            ChainSettings::HEAD_AGE_LIMIT_SECS,
        )?),
        coin: match chain.coin {
            Some(coin) => CoinSettings {
                symbol: symbol(&coin.symbol)?,
                rates: rates::of(&coin.rate, chain.id)?,
                keeper_min: keeper_min(coin.keeper_min.as_deref())?,
            },
            None => CoinSettings::default(),
        },
        tokens,
    })
}

fn of_token(token: &Token, chain_id: u64) -> Result<TokenSettings, String> {
    let token = TokenSettings {
        address: address("token address", &token.address)?,
        symbol: symbol(&token.symbol)?,
        decimals: token.decimals,
        permit: token.permit,
        rates: rates::of(&token.rate, chain_id)?,
        keeper_min: keeper_min(token.keeper_min.as_deref())?,
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

/// A text, since numbers in TOML have 64 bits.
fn keeper_min(text: Option<&str>) -> Result<Option<BaseUnits>, String> {
    let parsed = text.map(str::parse).transpose();
    parsed.map_err(|_| {
        let text = text.unwrap_or_default();
        format!("keeper_min must be a whole number of base units, not {text:?}")
    })
}

/// The parser names the value that it did not expect: a URL may hold a key.
fn without_urls(message: &str) -> &str {
    if message.contains("://") {
        "a text stands where something else is needed"
    } else {
        message
    }
}

/// A URL, or the name of the variable that holds it. The URL is not repeated: it may hold a key.
fn of_node(text: &str, variable: Lookup<'_>) -> Result<ServiceUrl, String> {
    let url = match text.strip_prefix('$') {
        Some(name) => {
            variable(name).ok_or_else(|| format!("rpc names ${name}, which is not set"))?
        }
        None => text.to_owned(),
    };
    ServiceUrl::parse(&url, &["http", "https"], PathHolds::PerhapsAKey)
        .map_err(|error| format!("a URL of rpc {error}"))
}

pub(super) fn within(name: &str, given: u64, min: u64, max: u64) -> Result<u64, String> {
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

pub(super) fn address(what: &str, text: &str) -> Result<Address, String> {
    let parsed = crate::identity::address::parse(text);
    parsed.map_err(|_| {
        format!("{what} must be 0x and 40 hexadecimal digits, with a right EIP-55 checksum, not {text:?}")
    })
}

#[cfg(test)]
mod tests {
    use gage_domain::value::Fiat;

    use super::*;
    use crate::config::{FeedSettings, Quoted, RateSource};

    const WHOLE: &str = r#"
        [[chain]]
        id = 1
        name = "Ethereum"
        rpc = ["https://one.example/hunter2", "https://two.example"]
        escrow = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
        start_block = 17
        arbiter = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
        confirmations = 20
        poll_interval_ms = 500
        head_age_max_secs = 0

        [[chain.token]]
        address = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
        symbol = "USDC"
        decimals = 6
        keeper_min = "5000000"

        [[chain.token.rate]]
        fiat = "USD"
        feed = { address = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", heartbeat_secs = 90000 }

        [[chain.token.rate]]
        fiat = "KRW"
        price = "1388.5"

        [[chain]]
        id = 137
        name = "Polygon"
        rpc = ["$NODE"]
        escrow = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB"

        [chain.coin]
        symbol = "POL"

        [[chain.coin.rate]]
        fiat = "KRW"
        feed = { address = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", heartbeat_secs = 60 }
        exchange = { address = "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", heartbeat_secs = 70, chain = 1, quoted = "usd_per_fiat" }
    "#;

    fn read(text: &str) -> Result<Chains, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let variable = |name: &str| (name == "NODE").then(|| "https://named.example".to_owned());
        super::read(file.path(), Environment::Production, &variable)
            .map_err(|fault| fault.to_string())
    }

    #[test]
    fn every_chain_is_read_with_its_tokens_and_the_rest_by_default() {
        let chains = read(WHOLE).unwrap();
        let [ethereum, polygon] = [chains.first(), chains.iter().nth(1).unwrap()];
        assert_eq!((ethereum.chain_id, ethereum.start_block), (1, 17));
        assert_eq!((ethereum.rpc.len(), ethereum.confirmations), (2, 20));
        assert_eq!(ethereum.poll_interval, Duration::from_millis(500));
        assert_eq!(ethereum.head_age_max, None);
        assert_eq!(ethereum.coin.symbol, "ETH");
        let usdc = &ethereum.tokens[0];
        assert_eq!((usdc.symbol.as_str(), usdc.decimals), ("USDC", 6));
        assert_eq!((polygon.chain_id, polygon.confirmations), (137, 12));
        assert_eq!(polygon.head_age_max, Some(Duration::from_mins(5)));
        assert_eq!(polygon.coin.symbol, "POL");
        assert_eq!(usdc.keeper_min, Some(BaseUnits::from(5_000_000)));
        assert_eq!(polygon.coin.keeper_min, None);
        assert_eq!(polygon.rpc[0].reveal(), "https://named.example/");
        assert!(polygon.arbiter.is_zero() && polygon.tokens.is_empty());
    }

    #[test]
    fn rates_come_from_a_feed_from_two_or_from_the_operator() {
        let chains = read(WHOLE).unwrap();
        let [ethereum, polygon] = [chains.first(), chains.iter().nth(1).unwrap()];
        let [usd, krw] = [&ethereum.tokens[0].rates[0], &ethereum.tokens[0].rates[1]];
        let feed = |chain_id, secs, address: &str| FeedSettings {
            chain_id,
            address: address.parse().unwrap(),
            heartbeat: Duration::from_secs(secs),
        };
        let [dollars, won] = [
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
            "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        ];
        assert_eq!((usd.fiat, krw.fiat), (Fiat::Usd, Fiat::Krw));
        assert_eq!(usd.source, RateSource::Feed(feed(1, 90_000, dollars)));
        assert_eq!(krw.source, RateSource::Fixed("1388.5".parse().unwrap()));
        let composed = RateSource::Composed {
            token: feed(137, 60, dollars),
            exchange: feed(1, 70, won),
            quoted: Quoted::UsdPerFiat,
        };
        assert_eq!(polygon.coin.rates[0].source, composed);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_chain_and_without_the_nodes_keys() {
        let cases = [
            ("id = 137", "id = 1", "chain 1 is there twice"),
            ("id = 137", "id = 0", "chain 0: id must be from 1"),
            ("symbol = \"USDC\"", "symbol = \"\"", "chain 1: a symbol"),
            ("decimals = 6", "decimals = 37", "at most 36"),
            ("decimals = 6", "decimals = -1", "line 16"),
            ("confirmations = 20", "confirmations = 0", "from 1 to 10000"),
            ("17", "17\n typo = 1", "unknown field `typo`"),
            (
                "\"https://one.example/hunter2\"",
                "\"ftp://hunter2\"",
                "must begin with",
            ),
            ("[\"$NODE\"]", "[]", "chain 137: rpc needs"),
            ("[\"$NODE\"]", "\"https://hunter2\"", "a text stands"),
            ("\"5000000\"", "\"-5\"", "chain 1: keeper_min must be"),
            ("fiat = \"USD\"", "fiat = \"EUR\"", "KRW or USD"),
            ("fiat = \"USD\"", "fiat = \"KRW\"", "two rates in KRW"),
            ("1388.5", "-1", "the price \"-1\" of a rate"),
            ("1388.5", "0", "the price \"0\" of a rate"),
            ("price = \"1388.5\"", "", "needs either a price"),
            ("secs = 90000", "secs = 0", "heartbeat_secs must be from 1"),
            ("usd_per_fiat", "upside_down", "unknown variant"),
            ("$NODE", "$NOBODY", "rpc names $NOBODY, which is not set"),
            ("0x5aAeb6", "0x5aaeb6", "chain 1: escrow must be"),
            (
                "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
                &"0".repeat(40),
                "token address",
            ),
            ("name = \"Polygon\"", "", "missing field `name`"),
        ];
        for (part, instead, told) in cases {
            assert!(WHOLE.contains(part), "{part}");
            let fault = read(&WHOLE.replacen(part, instead, 1)).unwrap_err();
            assert!(fault.contains(told), "{told:?} is not told: {fault}");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
        assert!(read("").unwrap_err().contains("missing field `chain`"));
        assert!(read("chain = []").unwrap_err().contains("no [[chain]]"));
    }
}
