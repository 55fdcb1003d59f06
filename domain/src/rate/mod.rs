//! Rates: what a token costs in money that a state issues, who says so, and the exact amount of
//! tokens that a price then is.
//!
//! All in integers. What an amount of fiat money is in tokens is rounded up to the token's base
//! unit; a rate that is made of two others is rounded down. So a shop never gets less than its
//! price.

mod conversion;
mod decimal;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::OffsetDateTime;

pub use self::{
    conversion::{Conversion, ConversionFault},
    decimal::{Decimal, InvalidDecimal},
};
use crate::value::Address;

/// What one whole token costs in whole units of a fiat currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Whole units of the fiat currency for one whole token.
    pub price: Decimal,
    /// Who says so.
    pub source: RateSource,
    /// When it was said; of two feeds, the earlier time.
    #[serde(with = "time::serde::rfc3339")]
    pub as_of: OffsetDateTime,
}

/// Who says what a token costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// Price feeds on a chain, in the order in which they were used: one, or two of which the
    /// rate is made.
    Feeds(Vec<FeedRound>),
    /// Whoever runs the server.
    Operator,
}

/// An answer of a price feed (Chainlink's `AggregatorV3Interface`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRound {
    /// The chain that the feed is on (EIP-155).
    pub chain_id: u64,
    /// The feed's contract.
    pub feed: Address,
    /// The round that was answered.
    pub round: RoundId,
}

/// The number of a feed's round: 80 bits, so a decimal string in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoundId(pub u128);

impl Serialize for RoundId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RoundId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
