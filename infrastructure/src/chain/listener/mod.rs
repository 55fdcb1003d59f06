//! The listener: follows the chain and settles what the escrow's logs say.
//!
//! A turn looks at the head, reads the next stretch of blocks, and settles it: payments and
//! cursor in one append. Invariants:
//! - the cursor stands on a block whose logs, and those of all blocks below it, are settled;
//! - a stretch is settled only if it stands on the cursor's block; otherwise the fork is
//!   searched among the known blocks, and what is above it is taken back first;
//! - a turn reads from one node. What the next turn reads from another one stands on the cursor
//!   like any stretch, or is a fork;
//! - nothing is kept in memory that a crash could lose: every turn begins with the stored
//!   cursor, so any number of listeners may run, and the first one to settle a stretch wins.

mod fault;
mod fork;
mod head_age;
mod peers;
mod session;
mod settler;
mod status;
mod stretch;

use std::{fmt, sync::Arc, time::Duration};

use alloy::primitives::{Address, B256};
use gage_application::{
    ports::{
        chain::{BlockRef, ChainCondition},
        clock::{Clock, Entropy},
    },
    settlement::Settle,
};
use time::OffsetDateTime;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use self::{
    fault::{Fault, Halt},
    head_age::HeadAge,
    peers::{LAG_MAX, one_is_further},
    session::{Session, check_contract},
    settler::Settler,
    stretch::Reader,
};
use super::node::{Belonging, Block, Node, NodeError};
use crate::postgres::{ChainCursor, PostgresChainStore};

pub use status::ListenerStatus;

/// First pause after a failure; doubles up to [`BACKOFF_MAX`], with jitter.
const BACKOFF_START: Duration = Duration::from_millis(250);
/// Longest pause after a failure.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Failures in a row after which the node that was read rests, and after which nodes that disagree
/// are a case for the operator.
const FAILURES_MAX: u32 = 4;
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
    /// How old the newest block may be. Beyond it the node is not believed to be at the head of
    /// the chain; none where blocks come only when there is something to put into them.
    pub head_age_max: Option<Duration>,
}

/// What the listener stands on.
pub struct ListenerParts {
    /// The chain's nodes.
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
    node: Node,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    settings: ListenerSettings,
    status: ListenerStatus,
    reader: Reader,
    settler: Settler,
    /// The node as it was found; forgotten with every failure, since another may answer next.
    session: Option<Session>,
    /// The node that the last turn read from.
    reads: Option<Node>,
    /// Turns that failed since the last one that did not.
    failures: u32,
    /// The age of the head in the last turn that saw one.
    head_age: HeadAge,
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
            reader: Reader::new(settings),
            settler: Settler {
                store: parts.store,
                settle: parts.settle,
                settings,
            },
            node: parts.node,
            clock: parts.clock,
            entropy: parts.entropy,
            settings,
            session: None,
            reads: None,
            failures: 0,
            head_age: HeadAge::Fresh,
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
        self.leave_after_failures(&fault);
        match &fault {
            Fault::Halt(halt) if self.left_for_another(halt) => return Duration::ZERO,
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
            Fault::Disagreement { .. } if self.failures < FAILURES_MAX => {
                tracing::debug!(%fault, "waiting for the nodes to agree");
            }
            Fault::Disagreement { .. } => {
                if self.condition() != ChainCondition::Halted {
                    tracing::error!(reason = %fault, "the chain listener halts");
                }
                self.status.fares(ChainCondition::Halted);
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

    /// Lets a node rest that gives no usable answers, whatever is wrong with them.
    fn leave_after_failures(&self, fault: &Fault) {
        if let (Fault::Node(error), Some(node)) = (fault, &self.reads)
            && self.failures >= FAILURES_MAX
        {
            node.rest(&error.to_string());
        }
    }

    /// Leaves a node that is on another chain, and says whether there is one to go on with.
    fn left_for_another(&self, halt: &Halt) -> bool {
        let Some(node) = self.reads.as_ref().filter(|_| halt.is_other_chain()) else {
            return false;
        };
        node.belongs(Belonging::Others, &halt.to_string());
        node.another_may_belong()
    }

    fn recovered(&mut self) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "the chain listener follows again");
        }
        self.failures = 0;
        match self.head_age {
            HeadAge::Fresh => self.status.fares(ChainCondition::Following),
            HeadAge::Stale { of } => self.stalled(of),
        }
    }

    fn stalled(&self, newest: OffsetDateTime) {
        if self.condition() != ChainCondition::Stalled {
            tracing::warn!(%newest, "the chain's newest block is old: payments may be missing");
        }
        self.status.fares(ChainCondition::Stalled);
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
        half + Duration::from_millis(self.entropy.below(bound.saturating_add(1)))
    }

    async fn turn(&mut self) -> Result<Turn, Fault> {
        let began = self.clock.now();
        let (session, cursor) = self.found().await?;
        let node = &session.node;
        let head = node.head().await?;
        let age = HeadAge::of(&head, began, self.settings.head_age_max);
        self.head_age = age;
        let Some(cursor) = self.standing(&session, cursor, &head).await? else {
            // The chain has not reached the block where reading begins.
            return Ok(Turn::Poll);
        };
        self.status.saw(head.at(), cursor);
        if head.at() == cursor {
            let turn = self.settler.confirm_more(cursor).await?;
            if turn == Turn::Poll && !one_is_further(&session, &head, self.settings.chain_id).await
            {
                self.status.read_until(age.surely_read(began));
            }
            return Ok(turn);
        }
        if head.number <= cursor.number {
            return self.shorter(node, cursor, &head).await;
        }
        let stretch = self.reader.next(&session, cursor, head.number).await?;
        if stretch.stands_on() != Some(cursor.hash) {
            return self.take_back(node, cursor, &head).await;
        }
        let end = stretch.last().unwrap_or(cursor);
        let settling = self.settler.stretch(cursor, stretch);
        let reading = self.reader.read_ahead(&session, end, head.number);
        tokio::join!(settling, reading).0
    }

    /// The node that is asked first now, checked when it was another one in the turn before, and
    /// the stored cursor.
    async fn found(&mut self) -> Result<(Session, Option<BlockRef>), Fault> {
        let cursor = self.settler.store.cursor().await?;
        let node = self.node.one();
        self.reads = Some(node.clone());
        let known = self
            .session
            .take()
            .filter(|known| known.node.is_same(&node));
        let is_new = known.is_none();
        let session = match known {
            Some(session) => session,
            None => Session::open(node, &self.settings).await?,
        };
        check_genesis(cursor.as_ref(), &session)?;
        if is_new {
            session.node.belongs(Belonging::Ours, "");
            check_contract(&session.node, &self.settings).await?;
        }
        self.session = Some(session.clone());
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
        let Some(block) = session.node.block(before, false).await? else {
            return Ok(None);
        };
        let start = ChainCursor {
            genesis_hash: session.genesis_hash,
            block: block.at(),
        };
        let begun = self.settler.store.begin(start).await?;
        check_genesis(Some(&begun), session)?;
        tracing::info!(
            block = begun.block.number,
            "the chain is followed from here"
        );
        Ok(Some(begun.block))
    }

    /// The head is not above the cursor: the node lags behind, or the chain forked.
    async fn shorter(&self, node: &Node, cursor: BlockRef, head: &Block) -> Result<Turn, Fault> {
        let ring = self.settler.store.ring().await?;
        let known = ring.iter().find(|block| block.number == head.number);
        if known.is_some_and(|block| block.hash != head.hash) || head.number == cursor.number {
            return self.take_back(node, cursor, head).await;
        }
        // The node knows a part of our chain, not another one: it is behind. A chain that was
        // really cut short shows it with its next block.
        tracing::debug!(
            head = head.number,
            cursor = cursor.number,
            "the node is behind"
        );
        if cursor.number - head.number > LAG_MAX {
            node.rest("it is behind what was read");
        }
        Ok(Turn::Poll)
    }
}

fn check_genesis(cursor: Option<&ChainCursor>, session: &Session) -> Result<(), Fault> {
    match cursor {
        Some(cursor) => is_same_genesis(cursor.genesis_hash, session.genesis_hash),
        None => Ok(()),
    }
}

fn is_same_genesis(expected: B256, found: B256) -> Result<(), Fault> {
    if expected == found {
        Ok(())
    } else {
        Err(Halt::OtherGenesis { expected, found }.into())
    }
}
