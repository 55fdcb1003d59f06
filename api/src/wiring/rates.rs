//! What coins and tokens cost in fiat money: from the settings to the rates, and their poller.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Context as _;
use gage_application::ports::clock::Clock;
use gage_domain::value::{Address, Asset};
use gage_infrastructure::chain::{
    FeedChain, FeedId, FeedSettings, FiatQuote, OfferedRate, RatePoller, RatePollerParts,
    RateSettings, Rates,
};

use crate::config::{self, ChainSettings, Chains, Quoted, RateSource};

/// Time between looks at the feeds, which answer every few minutes at most.
const INTERVAL: Duration = Duration::from_secs(15);

/// The rates of all chains' coins and tokens, and what reads their feeds.
pub(super) fn prepare(
    chains: &Chains,
    feed_chains: BTreeMap<u64, FeedChain>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Rates, RatePoller)> {
    let offers = chains.iter().flat_map(offers_of);
    let rates = Rates::new(offers, clock.now()).context("GAGE_CHAINS_FILE")?;
    let parts = RatePollerParts {
        rates: rates.clone(),
        chains: feed_chains,
        clock,
        interval: INTERVAL,
    };
    let poller = RatePoller::new(parts).context("GAGE_CHAINS_FILE")?;
    Ok((rates, poller))
}

fn offers_of(chain: &ChainSettings) -> impl Iterator<Item = OfferedRate> {
    let coin = (Address::ZERO, &chain.coin.rates);
    let tokens = chain
        .tokens
        .iter()
        .map(|token| (token.address, &token.rates));
    let chain_id = chain.chain_id;
    std::iter::once(coin)
        .chain(tokens)
        .flat_map(move |(token, rates)| {
            let asset = Asset { chain_id, token };
            rates.iter().map(move |rate| OfferedRate {
                asset,
                fiat: rate.fiat,
                rate: source(rate.source),
            })
        })
}

fn source(source: RateSource) -> RateSettings {
    match source {
        RateSource::Feed(of) => RateSettings::Feed(feed(of)),
        RateSource::Composed {
            token,
            exchange,
            quoted,
        } => RateSettings::Composed {
            token: feed(token),
            fiat: feed(exchange),
            quoted: match quoted {
                Quoted::UsdPerFiat => FiatQuote::UsdPerFiat,
                Quoted::FiatPerUsd => FiatQuote::FiatPerUsd,
            },
        },
        RateSource::Fixed(price) => RateSettings::Fixed(price),
    }
}

fn feed(feed: config::FeedSettings) -> FeedSettings {
    FeedSettings {
        id: FeedId {
            chain_id: feed.chain_id,
            address: feed.address,
        },
        heartbeat: feed.heartbeat,
    }
}
