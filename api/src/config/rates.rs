//! Rates in the file of chains: what a coin or a token costs in fiat money, and who says so.

use std::time::Duration;

use gage_domain::{rate::Decimal, value::Fiat};
use serde::Deserialize;

use super::{
    chains_file::{address, within},
    settings::{FeedSettings, Quoted, RateSettings, RateSource},
};

/// Seconds that a feed's answer may be old at most: a week.
const HEARTBEAT_MAX_SECS: u64 = 604_800;

/// `[[chain.coin.rate]]` and `[[chain.token.rate]]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rate {
    fiat: String,
    price: Option<String>,
    feed: Option<Feed>,
    exchange: Option<Exchange>,
}

/// A price feed as Chainlink's `AggregatorV3Interface` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Feed {
    address: String,
    heartbeat_secs: u64,
    chain: Option<u64>,
}

/// A feed between dollars and the fiat currency.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    address: String,
    heartbeat_secs: u64,
    chain: Option<u64>,
    quoted: QuotedAs,
}

/// Which way round an exchange feed counts.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum QuotedAs {
    UsdPerFiat,
    FiatPerUsd,
}

/// The rates of one coin or token; feeds are on its chain where nothing else is said.
pub(super) fn of(rates: &[Rate], chain_id: u64) -> Result<Vec<RateSettings>, String> {
    let mut checked: Vec<RateSettings> = Vec::with_capacity(rates.len());
    for rate in rates {
        let rate = of_one(rate, chain_id)?;
        if checked.iter().any(|other| other.fiat == rate.fiat) {
            return Err(format!("there are two rates in {}", rate.fiat));
        }
        checked.push(rate);
    }
    Ok(checked)
}

fn of_one(rate: &Rate, chain_id: u64) -> Result<RateSettings, String> {
    let fiat: Fiat = rate
        .fiat
        .parse()
        .map_err(|error: gage_domain::value::UnknownFiat| error.to_string())?;
    let source = match (&rate.price, &rate.feed, &rate.exchange) {
        (Some(price), None, None) => RateSource::Fixed(decimal(price)?),
        (None, Some(token), None) => RateSource::Feed(of_feed(token, chain_id)?),
        (None, Some(token), Some(exchange)) => RateSource::Composed {
            token: of_feed(token, chain_id)?,
            exchange: of_exchange(exchange, chain_id)?,
            quoted: match exchange.quoted {
                QuotedAs::UsdPerFiat => Quoted::UsdPerFiat,
                QuotedAs::FiatPerUsd => Quoted::FiatPerUsd,
            },
        },
        _ => {
            return Err(format!(
                "the rate in {fiat} needs either a price, or a feed and perhaps an exchange"
            ));
        }
    };
    Ok(RateSettings { fiat, source })
}

fn decimal(text: &str) -> Result<Decimal, String> {
    text.parse()
        .map_err(|error| format!("the price {text:?} of a rate cannot be used: {error}"))
}

fn of_feed(feed: &Feed, here: u64) -> Result<FeedSettings, String> {
    feed_at(&feed.address, feed.heartbeat_secs, feed.chain, here)
}

fn of_exchange(feed: &Exchange, here: u64) -> Result<FeedSettings, String> {
    feed_at(&feed.address, feed.heartbeat_secs, feed.chain, here)
}

fn feed_at(
    text: &str,
    heartbeat_secs: u64,
    chain: Option<u64>,
    here: u64,
) -> Result<FeedSettings, String> {
    let heartbeat = within("heartbeat_secs", heartbeat_secs, 1, HEARTBEAT_MAX_SECS)?;
    Ok(FeedSettings {
        chain_id: chain.unwrap_or(here),
        address: address("the address of a feed", text)?,
        heartbeat: Duration::from_secs(heartbeat),
    })
}
