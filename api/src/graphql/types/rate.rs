//! The rate at which a price in fiat money became an amount of tokens.

use async_graphql::{Enum, SimpleObject};
use gage_domain::rate::{Conversion, FeedRound, RateSource};

use crate::graphql::{
    scalars::{Address, BaseUnits, DateTime, Long},
    types::Fiat,
};

/// How the price of an order in fiat money became what is to be paid, as it was when the order was placed. What is to be paid is `amount` / `fiatPerToken`, rounded up to the token's smallest unit.
#[derive(Debug, Clone, SimpleObject)]
pub struct PaymentRate {
    /// The currency of the price.
    fiat: Fiat,
    /// The price, in minor units (won, cents).
    amount: BaseUnits,
    /// What one whole token costs in whole units of the currency: a decimal number with a point, exact.
    fiat_per_token: String,
    /// Digits after the token's decimal point.
    token_decimals: u8,
    /// When the rate was given; of two feeds, the earlier time.
    as_of: DateTime,
    /// Who gave it.
    source: PaymentRateSource,
    /// The feeds' answers that it was made of; empty for the operator's.
    feeds: Vec<PriceFeedRound>,
}

/// Who gave a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PaymentRateSource {
    /// Price feeds on a chain.
    Feeds,
    /// Whoever runs the server.
    Operator,
}

/// An answer of a price feed (Chainlink's `AggregatorV3Interface`).
#[derive(Debug, Clone, SimpleObject)]
pub struct PriceFeedRound {
    /// The chain that the feed is on.
    chain_id: Long,
    /// The feed's contract.
    feed: Address,
    /// The round that was answered: a whole number of 80 bits, as a decimal string.
    round: String,
}

impl From<&Conversion> for PaymentRate {
    fn from(conversion: &Conversion) -> Self {
        let rate = &conversion.rate;
        let (source, feeds) = match &rate.source {
            RateSource::Feeds(rounds) => (
                PaymentRateSource::Feeds,
                rounds.iter().map(PriceFeedRound::from).collect(),
            ),
            RateSource::Operator => (PaymentRateSource::Operator, Vec::new()),
        };
        Self {
            fiat: conversion.fiat.into(),
            amount: BaseUnits(conversion.amount),
            fiat_per_token: rate.price.to_string(),
            token_decimals: conversion.token_decimals,
            as_of: DateTime(rate.as_of),
            source,
            feeds,
        }
    }
}

impl From<&FeedRound> for PriceFeedRound {
    fn from(round: &FeedRound) -> Self {
        Self {
            chain_id: Long(round.chain_id),
            feed: Address(round.feed),
            round: round.round.0.to_string(),
        }
    }
}
