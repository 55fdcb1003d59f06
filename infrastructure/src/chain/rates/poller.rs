//! The task that reads the feeds.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use futures::future::join_all;
use gage_application::ports::clock::Clock;
use metrics::gauge;
use thiserror::Error;
use time::OffsetDateTime;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    FeedId, Rates,
    feed::{self, Answer, AnswerRefused, FeedFault, Reading},
};
use crate::chain::node::{Node, NodeError};

/// What the poller stands on.
pub struct RatePollerParts {
    /// Whom it tells.
    pub rates: Rates,
    /// Where feeds are read, by chain id (EIP-155).
    pub chains: BTreeMap<u64, FeedChain>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Time between looks. Feeds answer every few minutes at most; 15 seconds are plenty.
    pub interval: Duration,
}

/// A chain that feeds are on.
#[derive(Debug, Clone)]
pub struct FeedChain {
    /// Its nodes.
    pub node: Node,
    /// How old the newest block may be, if there is a bound: an older one says nothing of rates
    /// that hold now.
    pub head_age_max: Option<Duration>,
}

/// Reads the feeds until it is stopped.
pub struct RatePoller {
    chains: Vec<ChainPoller>,
}

/// Reads the feeds of one chain.
struct ChainPoller {
    chain_id: u64,
    chain: FeedChain,
    rates: Rates,
    clock: Arc<dyn Clock>,
    interval: Duration,
    /// The feeds that are read, with how old their answers may be.
    feeds: BTreeMap<FeedId, Duration>,
    /// The units in which a feed answered first: a feed that counts differently from one moment
    /// to the next would make prices wrong by powers of ten.
    decimals: BTreeMap<FeedId, u8>,
    /// What is wrong with a feed, as it was logged last.
    told: BTreeMap<FeedId, String>,
}

/// A feed on a chain that no node is configured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{feed} is on a chain that is not configured")]
pub struct FeedWithoutNode {
    /// The feed.
    pub feed: FeedId,
}

impl fmt::Debug for RatePoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let feeds = self.chains.iter().flat_map(|chain| chain.feeds.keys());
        f.debug_set().entries(feeds).finish()
    }
}

impl RatePoller {
    /// A poller of all feeds that the rates come from. Nothing is asked of a node yet.
    ///
    /// # Errors
    /// [`FeedWithoutNode`].
    pub fn new(parts: RatePollerParts) -> Result<Self, FeedWithoutNode> {
        let mut feeds: BTreeMap<u64, BTreeMap<FeedId, Duration>> = BTreeMap::new();
        for (feed, heartbeat) in parts.rates.feeds() {
            feeds
                .entry(feed.chain_id)
                .or_default()
                .insert(feed, heartbeat);
            if !parts.chains.contains_key(&feed.chain_id) {
                return Err(FeedWithoutNode { feed });
            }
        }
        let chains = parts.chains.into_iter().filter_map(|(chain_id, chain)| {
            Some(ChainPoller {
                chain_id,
                chain,
                rates: parts.rates.clone(),
                clock: parts.clock.clone(),
                interval: parts.interval,
                feeds: feeds.remove(&chain_id)?,
                decimals: BTreeMap::new(),
                told: BTreeMap::new(),
            })
        });
        Ok(Self {
            chains: chains.collect(),
        })
    }

    /// Reads the feeds until it is stopped; ends at once when there are none. Each chain by
    /// itself, so that a node that is away or silent holds up only its own feeds.
    pub async fn run(self, stop: CancellationToken) {
        let chains = self.chains.into_iter();
        join_all(chains.map(|chain| chain.run(&stop))).await;
    }
}

impl ChainPoller {
    async fn run(mut self, stop: &CancellationToken) {
        loop {
            select! {
                () = stop.cancelled() => return,
                () = self.look() => {}
            }
            select! {
                () = stop.cancelled() => return,
                () = sleep(self.interval) => {}
            }
        }
    }

    /// Learns what the feeds say, all as of one block.
    async fn look(&mut self) {
        let began = self.clock.now();
        let block = self.head(began).await;
        let node = &self.chain.node;
        let reads = join_all(self.feeds.keys().copied().map(|feed| {
            let block = block.clone();
            async move {
                let read = match block {
                    Ok(block) => feed::read(node, feed.address, block).await,
                    Err(error) => Err(error.into()),
                };
                (feed, read)
            }
        }))
        .await;
        for (feed, read) in reads {
            self.learn(feed, read, began);
        }
    }

    /// The newest block of a node that is on the right chain and has not stopped there.
    async fn head(&self, now: OffsetDateTime) -> Result<u64, NodeError> {
        let (node, chain_id) = (&self.chain.node, self.chain_id);
        let found = node.chain_id().await?;
        if found != chain_id {
            let reason =
                format!("the node is on chain {found}, and chain {chain_id} is configured");
            return Err(NodeError::Inconsistent { reason });
        }
        let head = node.head().await?;
        let age_max = self.chain.head_age_max;
        if age_max.is_some_and(|max| head.is_older_than(max, now)) {
            let reason = format!("the newest block is of {}", head.made_at());
            return Err(NodeError::Inconsistent { reason });
        }
        Ok(head.number)
    }

    fn learn(&mut self, feed: FeedId, read: Result<Reading, FeedFault>, began: OffsetDateTime) {
        let answer = read.and_then(|reading| Ok(self.checked(feed, reading)?));
        match &answer {
            Ok(answer) => self.rates.learn(feed, *answer, began),
            Err(FeedFault::Refused(_)) => self.rates.forget(feed),
            Err(FeedFault::Away(_)) => {}
        }
        self.tell(feed, answer);
    }

    fn checked(&mut self, feed: FeedId, reading: Reading) -> Result<Answer, AnswerRefused> {
        let now = reading.decimals;
        let before = *self.decimals.entry(feed).or_insert(now);
        if before != now {
            return Err(AnswerRefused::DecimalsChanged { before, now });
        }
        reading.checked(self.clock.now())
    }

    /// Logs what is wrong with a feed, once, and that it is right again.
    fn tell(&mut self, feed: FeedId, answer: Result<Answer, FeedFault>) {
        let wrong = match answer {
            Ok(answer) => self.too_old(feed, answer),
            Err(fault) => Some(fault.to_string()),
        };
        let labels = [
            ("chain_id", feed.chain_id.to_string()),
            ("feed", feed.address.to_string()),
        ];
        gauge!("gage_price_feed_good", &labels).set(f64::from(u8::from(wrong.is_none())));
        match wrong {
            Some(reason) if self.told.get(&feed) == Some(&reason) => {}
            Some(reason) => {
                tracing::warn!(%feed, %reason, "a price feed gives no rate");
                self.told.insert(feed, reason);
            }
            None if self.told.remove(&feed).is_some() => {
                tracing::info!(%feed, "a price feed gives a rate again");
            }
            None => {}
        }
    }

    fn too_old(&self, feed: FeedId, answer: Answer) -> Option<String> {
        let heartbeat = self.feeds.get(&feed).copied().unwrap_or_default();
        let too_old = answer.updated_at + heartbeat < self.clock.now();
        too_old.then(|| format!("its last answer is of {}", answer.updated_at))
    }
}
