//! What a token costs in fiat money: from price feeds on a chain, or as the operator set it.
//!
//! [`Rates`] answers from memory, so a decision never waits for a node. [`RatePoller`] is the task
//! that reads the feeds. What may be used:
//! - an answer above zero, of a whole round, not from the future, in the same decimals as before;
//! - for as long as the feed's heartbeat says, and for minutes after it was last read: between
//!   heartbeats feeds publish when the price moves, which a node that is away does not tell;
//! - never in place of a newer one, as a node that lags behind another may give it;
//! - never after the feed answered something else: then there is no rate until it is right again.

mod feed;
mod poller;
mod settings;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};

use gage_application::ports::chain::RateUnavailable;
use gage_domain::{
    rate::{Decimal, FeedRound, InvalidDecimal, Rate, RateSource},
    value::{Asset, Fiat},
};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::watch;

use self::feed::Answer;
pub use self::{
    poller::{FeedChain, FeedWithoutNode, RatePoller, RatePollerParts},
    settings::{FeedId, FeedSettings, FiatQuote, OfferedRate, RateSettings},
};

/// How long an answer holds after it was last read. Feeds publish when a price has moved by a
/// fraction of a percent, whatever their heartbeat: so long a node may be away or limit its callers
/// before what it said is no news any more. It is twenty looks.
const READ_AGE_MAX: Duration = Duration::from_mins(5);

/// A feed's answer, and when it was found to be the newest.
#[derive(Debug, Clone, Copy)]
struct Known {
    answer: Answer,
    read_at: OffsetDateTime,
}

/// The rates that are known. Cheap to clone; all clones know the same.
#[derive(Debug, Clone)]
pub struct Rates {
    offers: Arc<BTreeMap<(Asset, Fiat), RateSettings>>,
    /// Since when the operator's own rates hold.
    since: OffsetDateTime,
    // The last good answer of each feed. One writer, the poller; readers never wait for it.
    answers: Arc<watch::Sender<BTreeMap<FeedId, Known>>>,
}

/// Two rates for one asset in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("there are two rates in {fiat} for {asset}")]
pub struct RateTwice {
    /// The currency.
    pub fiat: Fiat,
    /// The asset.
    pub asset: Asset,
}

/// Why a feed's answer is not there to be used.
enum Missing {
    Unknown,
    Stale(OffsetDateTime),
}

impl From<InvalidDecimal> for Missing {
    /// Two answers of which no rate can be made: one of them must be wrong.
    fn from(_: InvalidDecimal) -> Self {
        Self::Unknown
    }
}

impl Rates {
    /// These rates, with no answer of a feed yet. `now` is when the operator's own begin to hold.
    ///
    /// # Errors
    /// [`RateTwice`].
    pub fn new(
        offers: impl IntoIterator<Item = OfferedRate>,
        now: OffsetDateTime,
    ) -> Result<Self, RateTwice> {
        let mut known = BTreeMap::new();
        for OfferedRate { asset, fiat, rate } in offers {
            if known.insert((asset, fiat), rate).is_some() {
                return Err(RateTwice { fiat, asset });
            }
        }
        Ok(Self {
            offers: Arc::new(known),
            since: now,
            answers: Arc::new(watch::Sender::new(BTreeMap::new())),
        })
    }

    /// No rates: prices are in tokens alone.
    pub fn none() -> Self {
        Self {
            offers: Arc::default(),
            since: OffsetDateTime::UNIX_EPOCH,
            answers: Arc::new(watch::Sender::new(BTreeMap::new())),
        }
    }

    /// What one token costs at a moment.
    ///
    /// # Errors
    /// [`RateUnavailable`].
    pub fn rate(
        &self,
        fiat: Fiat,
        asset: Asset,
        now: OffsetDateTime,
    ) -> Result<Rate, RateUnavailable> {
        let Some(settings) = self.offers.get(&(asset, fiat)) else {
            return Err(RateUnavailable::NotConfigured { fiat, asset });
        };
        self.look_up(settings, now)
            .map_err(|missing| match missing {
                Missing::Unknown => RateUnavailable::NoAnswer { fiat, asset },
                Missing::Stale(as_of) => RateUnavailable::Stale { fiat, asset, as_of },
            })
    }

    fn look_up(&self, settings: &RateSettings, now: OffsetDateTime) -> Result<Rate, Missing> {
        match settings {
            RateSettings::Fixed(price) => Ok(Rate {
                price: *price,
                source: RateSource::Operator,
                as_of: self.since,
            }),
            RateSettings::Feed(feed) => {
                let answer = self.answer(feed, now)?;
                Ok(rate_of(answer.price, &[(feed, answer)]))
            }
            RateSettings::Composed {
                token,
                fiat,
                quoted,
            } => {
                let (in_usd, exchange) = (self.answer(token, now)?, self.answer(fiat, now)?);
                let price = match quoted {
                    FiatQuote::FiatPerUsd => in_usd.price.checked_mul(exchange.price)?,
                    FiatQuote::UsdPerFiat => in_usd.price.checked_div(exchange.price)?,
                };
                Ok(rate_of(price, &[(token, in_usd), (fiat, exchange)]))
            }
        }
    }

    fn answer(&self, feed: &FeedSettings, now: OffsetDateTime) -> Result<Answer, Missing> {
        let known = self.answers.borrow().get(&feed.id).copied();
        let Known { answer, read_at } = known.ok_or(Missing::Unknown)?;
        if answer.updated_at + feed.heartbeat < now || read_at + READ_AGE_MAX < now {
            return Err(Missing::Stale(answer.updated_at));
        }
        Ok(answer)
    }

    /// The feeds that these rates come from, each with its longest heartbeat.
    fn feeds(&self) -> BTreeMap<FeedId, std::time::Duration> {
        let mut feeds = BTreeMap::new();
        for feed in self.offers.values().flat_map(RateSettings::feeds) {
            let longest = feeds.entry(feed.id).or_insert(feed.heartbeat);
            *longest = feed.heartbeat.max(*longest);
        }
        feeds
    }

    /// A feed's answer, as it was read by a look that began then. A node that lags gives an older
    /// one than is known, which says nothing.
    fn learn(&self, feed: FeedId, answer: Answer, read_at: OffsetDateTime) {
        let read = Known { answer, read_at };
        self.answers
            .send_modify(|answers| match answers.entry(feed) {
                Entry::Occupied(known) if known.get().answer.updated_at > answer.updated_at => {}
                Entry::Occupied(mut known) => *known.get_mut() = read,
                Entry::Vacant(unknown) => {
                    unknown.insert(read);
                }
            });
    }

    /// A feed's answer may not be used any more.
    fn forget(&self, feed: FeedId) {
        self.answers.send_modify(|answers| {
            answers.remove(&feed);
        });
    }
}

/// A rate that was made of these answers: as old as the oldest.
fn rate_of(price: Decimal, answers: &[(&FeedSettings, Answer)]) -> Rate {
    let round = |(feed, answer): &(&FeedSettings, Answer)| FeedRound {
        chain_id: feed.id.chain_id,
        feed: feed.id.address,
        round: answer.round,
    };
    let times = answers.iter().map(|(_, answer)| answer.updated_at);
    Rate {
        price,
        source: RateSource::Feeds(answers.iter().map(round).collect()),
        as_of: times.min().unwrap_or(OffsetDateTime::UNIX_EPOCH),
    }
}
