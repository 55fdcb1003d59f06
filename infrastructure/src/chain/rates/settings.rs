//! Where rates come from.

use std::{fmt, time::Duration};

use gage_domain::{
    rate::Decimal,
    value::{Address, Asset, Fiat},
};

/// A rate that the shop's prices may be converted at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedRate {
    /// What is paid with.
    pub asset: Asset,
    /// What the price is in.
    pub fiat: Fiat,
    /// Where the rate comes from.
    pub rate: RateSettings,
}

/// Where a rate comes from: what one whole token costs in whole units of the fiat currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateSettings {
    /// A feed that answers with fiat money for a token, for example ETH / USD for prices in
    /// dollars.
    Feed(FeedSettings),
    /// Two feeds: one for the token in dollars, one between dollars and the fiat currency.
    Composed {
        /// Dollars for a token.
        token: FeedSettings,
        /// Between dollars and the fiat currency.
        fiat: FeedSettings,
        /// Which way round that one counts.
        quoted: FiatQuote,
    },
    /// A rate that the operator set. It holds until the server is started with another one.
    Fixed(Decimal),
}

/// Which way round a feed between dollars and a fiat currency counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiatQuote {
    /// Dollars for one unit of the currency, some 0.0007 for a won: Chainlink's KRW / USD.
    UsdPerFiat,
    /// Units of the currency for one dollar, some 1400 won: USD / KRW.
    FiatPerUsd,
}

/// A price feed as Chainlink's `AggregatorV3Interface` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedSettings {
    /// Which contract.
    pub id: FeedId,
    /// How old its last answer may be, while it is read. Feeds are published with their heartbeat; transactions
    /// take some time to be mined, so give it a margin.
    pub heartbeat: Duration,
}

/// A feed's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId {
    /// The chain that it is on (EIP-155); it need not be the token's.
    pub chain_id: u64,
    /// Its address.
    pub address: Address,
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "feed {} of chain {}", self.address, self.chain_id)
    }
}

impl RateSettings {
    /// The feeds that it comes from.
    pub(super) fn feeds(&self) -> impl Iterator<Item = FeedSettings> + use<> {
        let (one, other) = match *self {
            Self::Feed(feed) => (Some(feed), None),
            Self::Composed { token, fiat, .. } => (Some(token), Some(fiat)),
            Self::Fixed(_) => (None, None),
        };
        one.into_iter().chain(other)
    }
}
