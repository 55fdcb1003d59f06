//! The listener: follows the chain and settles what the escrow's logs say.
//!
//! A turn looks at the head, reads the next stretch of blocks, and settles it: payments and
//! cursor in one append. Invariants:
//! - the cursor stands on a block whose logs, and those of all blocks below it, are settled;
//! - a stretch is settled only if it stands on the cursor's block; otherwise the fork is
//!   searched among the known blocks, and what is above it is taken back first;
//! - nothing is kept in memory that a crash could lose: every turn begins with the stored
//!   cursor, so any number of listeners may run, and the first one to settle a stretch wins.

mod fault;
mod fork;
mod session;
mod status;
mod stretch;

use std::{fmt, sync::Arc, time::Duration};

use alloy::primitives::Address;
use gage_application::{
    gateway::GatewayError,
    operations::settle_block::SettleBlock,
    ports::{
        chain::{BlockRef, ChainCondition, CursorMove, Observation, SightingStatus},
        clock::{Clock, Entropy},
    },
    settlement::Settle,
};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use self::{
    fault::{Fault, Halt},
    session::{Session, check_contract},
    stretch::{Reader, Stretch},
};
use super::node::{Block, Node, NodeError};
use crate::postgres::{ChainCursor, PostgresChainStore};

pub use status::ListenerStatus;

/// Sightings that are looked at for their depth in one turn.
const CONFIRM_AT_ONCE: u32 = 500;
/// First pause after a failure; doubles up to [`BACKOFF_MAX`], with jitter.
const BACKOFF_START: Duration = Duration::from_millis(250);
/// Longest pause after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Time between looks when the operator is needed.
const HALTED_PAUSE: Duration = Duration::from_secs(15);

/// What is followed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenerSettings {
    /// The chain (EIP-155) that the node must be on.
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// The signer that the contract must know.
    pub quote_signer: Address,
    /// The first block to read, when the chain was never followed.
    pub start_block: u64,
    /// Blocks, the log's own included, that make a payment count. At least 1.
    pub confirmations: u64,
    /// Time between looks at the head.
    pub poll_interval: Duration,
}

/// What the listener stands on.
pub struct ListenerParts {
    /// The chain's node.
    pub node: Node,
    /// Cursor, known blocks and sightings of the same chain and contract.
    pub store: PostgresChainStore,
    /// Where what was seen is settled.
    pub settle: Arc<dyn Settle>,
    /// The time at which a look at the chain began.
    pub clock: Arc<dyn Clock>,
    /// Jitter.
    pub entropy: Arc<dyn Entropy>,
}

/// Follows the chain until it is stopped.
pub struct Listener {
    parts: ListenerParts,
    settings: ListenerSettings,
    status: ListenerStatus,
    reader: Reader,
    /// The node as it was found; forgotten with every failure, since another may answer next.
    session: Option<Session>,
    /// Turns that failed since the last one that did not.
    failures: u32,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// There may be more to read at once.
    More,
    /// The next look is at the next poll.
    Poll,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Listener {
    /// A listener. Nothing is asked of the node yet.
    pub fn new(parts: ListenerParts, settings: ListenerSettings) -> Self {
        let settings = ListenerSettings {
            confirmations: settings.confirmations.max(1),
            ..settings
        };
        Self {
            status: ListenerStatus::new(settings.chain_id, settings.confirmations),
            reader: Reader::new(parts.node.clone(), settings),
            parts,
            settings,
            session: None,
            failures: 0,
        }
    }

    /// How it fares, also while it runs.
    pub fn status(&self) -> ListenerStatus {
        self.status.clone()
    }

    /// Follows the chain until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        self.status.fares(ChainCondition::Starting);
        loop {
            // A turn that is cut off has settled its stretch, or not: both are fine.
            let pause = select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.turn() => self.after(turn),
            };
            select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// Says how it fares, and how long to pause.
    fn after(&mut self, turn: Result<Turn, Fault>) -> Duration {
        let fault = match turn {
            Ok(turn) => {
                self.recovered();
                return match turn {
                    Turn::More => Duration::ZERO,
                    Turn::Poll => self.settings.poll_interval,
                };
            }
            Err(fault) => fault,
        };
        let first = self.failures == 0;
        self.failures = self.failures.saturating_add(1);
        self.session = None;
        match &fault {
            Fault::Halt(halt) => {
                if first || self.condition() != ChainCondition::Halted {
                    tracing::error!(reason = %halt, "the chain listener halts");
                }
                self.status.fares(ChainCondition::Halted);
                return HALTED_PAUSE;
            }
            Fault::Busy { retry_after } => return *retry_after,
            Fault::Node(NodeError::Inconsistent { reason }) => {
                tracing::debug!(%reason, "reading again");
            }
            Fault::Node(error) => {
                if self.condition() != ChainCondition::Unreachable {
                    tracing::warn!(%error, "the chain's node is away; trying again");
                }
                self.status.fares(ChainCondition::Unreachable);
            }
            Fault::Store(away) if first => tracing::warn!(%away, "the chain listener waits"),
            Fault::Store(_) => {}
        }
        self.backoff()
    }

    fn recovered(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the chain listener follows again");
        }
        self.failures = 0;
        self.status.fares(ChainCondition::Following);
    }

    fn condition(&self) -> ChainCondition {
        use gage_application::ports::chain::ChainView as _;
        self.status.status().condition
    }

    /// Half of the pause is sure, half is chance: replicas do not come back all at once.
    fn backoff(&self) -> Duration {
        let doubled = BACKOFF_START.saturating_mul(1 << self.failures.saturating_sub(1).min(10));
        let half = doubled.min(BACKOFF_MAX) / 2;
        let bound = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + Duration::from_millis(self.parts.entropy.below(bound.saturating_add(1)))
    }

    async fn turn(&mut self) -> Result<Turn, Fault> {
        let began = self.parts.clock.now();
        let (session, cursor) = self.found().await?;
        let head = self.parts.node.head().await?;
        let Some(cursor) = self.standing(&session, cursor, &head).await? else {
            // The chain has not reached the block where reading begins.
            return Ok(Turn::Poll);
        };
        self.status.saw(head.at(), cursor);
        if head.at() == cursor {
            let turn = self.confirm_more(cursor).await?;
            if turn == Turn::Poll {
                self.status.read_until(began);
            }
            return Ok(turn);
        }
        if head.number <= cursor.number {
            return self.shorter(cursor, &head).await;
        }
        let stretch = self
            .reader
            .next(cursor.number, head.number, session.receipts)
            .await?;
        if stretch.stands_on() != Some(cursor.hash) {
            return self.take_back(cursor, &head).await;
        }
        self.settle_stretch(cursor, stretch).await
    }

    /// The node, checked once per connection, and the stored cursor.
    async fn found(&mut self) -> Result<(Session, Option<BlockRef>), Fault> {
        let cursor = self.parts.store.cursor().await?;
        let known = self.session;
        let session = match known {
            Some(session) => session,
            None => Session::open(&self.parts.node, &self.settings).await?,
        };
        check_genesis(cursor.as_ref(), &session)?;
        if known.is_none() {
            check_contract(&self.parts.node, &self.settings).await?;
            self.session = Some(session);
        }
        Ok((session, cursor.map(|cursor| cursor.block)))
    }

    /// Where the cursor stands; set before the start block when the chain was never followed.
    async fn standing(
        &self,
        session: &Session,
        cursor: Option<BlockRef>,
        head: &Block,
    ) -> Result<Option<BlockRef>, Fault> {
        if cursor.is_some() {
            return Ok(cursor);
        }
        let before = self.settings.start_block.saturating_sub(1);
        if head.number < before {
            return Ok(None);
        }
        let Some(block) = self.parts.node.block(before, false).await? else {
            return Ok(None);
        };
        let start = ChainCursor {
            genesis_hash: session.genesis_hash,
            block: block.at(),
        };
        let begun = self.parts.store.begin(start).await?;
        check_genesis(Some(&begun), session)?;
        tracing::info!(
            block = begun.block.number,
            "the chain is followed from here"
        );
        Ok(Some(begun.block))
    }

    /// The head is not above the cursor: the node lags behind, or the chain forked.
    async fn shorter(&self, cursor: BlockRef, head: &Block) -> Result<Turn, Fault> {
        let ring = self.parts.store.ring().await?;
        let known = ring.iter().find(|block| block.number == head.number);
        if known.is_some_and(|block| block.hash != head.hash) || head.number == cursor.number {
            return self.take_back(cursor, head).await;
        }
        // The node knows a part of our chain, not another one: it is behind. A chain that was
        // really cut short shows it with its next block.
        tracing::debug!(
            head = head.number,
            cursor = cursor.number,
            "the node is behind"
        );
        Ok(Turn::Poll)
    }

    async fn settle_stretch(&self, cursor: BlockRef, stretch: Stretch) -> Result<Turn, Fault> {
        let to = stretch.last().unwrap_or(cursor);
        let confirm = self.deep_enough(to.number, &stretch.observations).await?;
        let blocks = stretch.blocks.iter().map(Block::at).collect();
        let batch = SettleBlock {
            cursor: self.cursor_move(cursor, to, blocks),
            revert: Vec::new(),
            detect: stretch.observations,
            confirm,
        };
        self.settle(batch).await
    }

    /// Confirms what is deep enough without a new block: more than fits one append, or less
    /// confirmations asked for than before.
    async fn confirm_more(&self, cursor: BlockRef) -> Result<Turn, Fault> {
        let confirm = self.deep_enough(cursor.number, &[]).await?;
        if confirm.is_empty() {
            return Ok(Turn::Poll);
        }
        let batch = SettleBlock {
            cursor: self.cursor_move(cursor, cursor, Vec::new()),
            revert: Vec::new(),
            detect: Vec::new(),
            confirm,
        };
        self.settle(batch).await
    }

    /// Sightings that are deep enough once the cursor stands at `height`, in the order of the
    /// chain: a release must not be recorded before its payment.
    async fn deep_enough(
        &self,
        height: u64,
        new: &[Observation],
    ) -> Result<Vec<(Observation, u64)>, Fault> {
        let seen = self
            .parts
            .store
            .sightings(SightingStatus::Seen, CONFIRM_AT_ONCE)
            .await?;
        let more_wait = seen.len() >= usize::try_from(CONFIRM_AT_ONCE).unwrap_or(usize::MAX);
        let known = seen.iter().map(|sighting| &sighting.observation);
        let is_new = |new: &&Observation| !known.clone().any(|seen| seen.log.id() == new.log.id());
        let new = if more_wait { &[] } else { new };
        let depth = |log: &Observation| (height + 1).checked_sub(log.log.block_number);
        Ok(known
            .clone()
            .chain(new.iter().filter(is_new))
            .filter_map(|log| depth(log).map(|depth| (log.clone(), depth)))
            .filter(|(_, depth)| *depth >= self.settings.confirmations)
            .collect())
    }

    fn cursor_move(&self, from: BlockRef, to: BlockRef, blocks: Vec<BlockRef>) -> CursorMove {
        CursorMove {
            chain_id: self.settings.chain_id,
            escrow: self.settings.escrow,
            from,
            to,
            blocks,
            sightings: Vec::new(),
        }
    }

    async fn settle(&self, batch: SettleBlock) -> Result<Turn, Fault> {
        match self.parts.settle.settle(batch).await {
            // Another listener was first: the next turn begins where that one ended.
            Ok(()) | Err(GatewayError::CursorMoved) => Ok(Turn::More),
            Err(error) => Err(error.into()),
        }
    }
}

fn check_genesis(cursor: Option<&ChainCursor>, session: &Session) -> Result<(), Fault> {
    let found = session.genesis_hash;
    match cursor.map(|cursor| cursor.genesis_hash) {
        Some(expected) if expected != found => Err(Halt::OtherGenesis { expected, found }.into()),
        _ => Ok(()),
    }
}
