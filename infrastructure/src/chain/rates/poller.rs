//! The task that reads the feeds.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use futures::future::join_all;
use gage_application::ports::clock::Clock;
use metrics::gauge;
use thiserror::Error;
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
    /// The nodes of the chains, by chain id (EIP-155).
    pub nodes: BTreeMap<u64, Node>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Time between looks. Feeds answer every few minutes at most; 15 seconds are plenty.
    pub interval: Duration,
}

/// Reads the feeds until it is stopped.
pub struct RatePoller {
    parts: RatePollerParts,
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
        f.debug_struct("RatePoller")
            .field("feeds", &self.feeds)
            .finish_non_exhaustive()
    }
}

impl RatePoller {
    /// A poller of all feeds that the rates come from. Nothing is asked of a node yet.
    ///
    /// # Errors
    /// [`FeedWithoutNode`].
    pub fn new(parts: RatePollerParts) -> Result<Self, FeedWithoutNode> {
        let feeds = parts.rates.feeds();
        let reachable = |feed: &&FeedId| parts.nodes.contains_key(&feed.chain_id);
        if let Some(feed) = feeds.keys().find(|feed| !reachable(feed)) {
            return Err(FeedWithoutNode { feed: *feed });
        }
        Ok(Self {
            parts,
            feeds,
            decimals: BTreeMap::new(),
            told: BTreeMap::new(),
        })
    }

    /// Reads the feeds until it is stopped; ends at once when there are none.
    pub async fn run(mut self, stop: CancellationToken) {
        while !self.feeds.is_empty() {
            select! {
                () = stop.cancelled() => return,
                () = self.look() => {}
            }
            select! {
                () = stop.cancelled() => return,
                () = sleep(self.parts.interval) => {}
            }
        }
    }

    async fn look(&mut self) {
        let chains = self.parts.nodes.iter();
        // Each chain by itself, so that a node that is away holds up only its own feeds.
        let found = join_all(chains.map(|(chain_id, node)| self.look_at(*chain_id, node))).await;
        for (feed, read) in found.into_iter().flatten() {
            self.learn(feed, read);
        }
    }

    /// What the feeds of a chain say, all as of one block.
    async fn look_at(
        &self,
        chain_id: u64,
        node: &Node,
    ) -> Vec<(FeedId, Result<Reading, FeedFault>)> {
        let here = self.feeds.keys().filter(|feed| feed.chain_id == chain_id);
        let here: Vec<FeedId> = here.copied().collect();
        if here.is_empty() {
            return Vec::new();
        }
        let block = head(node, chain_id).await;
        join_all(here.into_iter().map(|feed| {
            let block = block.clone();
            async move {
                let read = match block {
                    Ok(block) => feed::read(node, feed.address, block).await,
                    Err(error) => Err(error.into()),
                };
                (feed, read)
            }
        }))
        .await
    }

    fn learn(&mut self, feed: FeedId, read: Result<Reading, FeedFault>) {
        let answer = read.and_then(|reading| Ok(self.checked(feed, reading)?));
        match &answer {
            Ok(answer) => self.parts.rates.learn(feed, Some(*answer)),
            Err(FeedFault::Refused(_)) => self.parts.rates.learn(feed, None),
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
        reading.checked(self.parts.clock.now())
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
        let too_old = answer.updated_at + heartbeat < self.parts.clock.now();
        too_old.then(|| format!("its last answer is of {}", answer.updated_at))
    }
}

/// The newest block of a node that is on the right chain.
async fn head(node: &Node, chain_id: u64) -> Result<u64, NodeError> {
    let found = node.chain_id().await?;
    if found != chain_id {
        let reason = format!("the node is on chain {found}, and chain {chain_id} is configured");
        return Err(NodeError::Inconsistent { reason });
    }
    Ok(node.head().await?.number)
}
