//! Reading a stretch of blocks: near the head block by block from receipts, far behind in
//! ranges of logs.

use std::collections::VecDeque;

use alloy::{
    primitives::{Bloom, BloomInput},
    rpc::types::Log,
};
use futures::{StreamExt, TryStreamExt, stream};
use gage_application::ports::chain::{BlockRef, Observation};

use super::{ListenerSettings, fault::Fault, session::Session};
use crate::chain::{
    logs::decode,
    node::{Block, NodeError, ReceiptSource},
    ranges::Ranges,
};

/// Blocks below the head that are read one by one, from receipts.
pub(super) const NEAR_HEAD: u64 = 64;
/// Blocks that are read one by one before they are settled.
const ONE_BY_ONE: u64 = 32;
/// Blocks whose receipts are asked for at once.
const AT_ONCE: usize = 8;
/// Observations that are settled in one append, about; a single block may hold more.
const OBSERVATIONS: usize = 2_000;
/// Logs of a range that are read at once: mostly half of it, which is what is settled at once.
const LOGS: usize = 2 * OBSERVATIONS;

/// Consecutive blocks, and what the escrow's logs in them say.
#[derive(Debug, Default)]
pub(super) struct Stretch {
    /// Never empty; each the child of the one before.
    pub(super) blocks: Vec<Block>,
    /// In the order of the chain.
    pub(super) observations: Vec<Observation>,
}

impl Stretch {
    /// The block that the first one stands on.
    pub(super) fn stands_on(&self) -> Option<alloy::primitives::B256> {
        self.blocks.first().map(|block| block.parent_hash)
    }

    pub(super) fn last(&self) -> Option<BlockRef> {
        self.blocks.last().map(Block::at)
    }
}

/// Reads stretches.
#[derive(Debug)]
pub(super) struct Reader {
    settings: ListenerSettings,
    ranges: Ranges,
    /// What was read beyond the stretch that is settled. Only a cache: what does not stand on the
    /// cursor is read again.
    rest: VecDeque<Stretch>,
}

impl Reader {
    pub(super) fn new(settings: ListenerSettings) -> Self {
        Self {
            ranges: Ranges::new(settings.escrow),
            rest: VecDeque::new(),
            settings,
        }
    }

    /// The next stretch after the cursor, towards `head`.
    pub(super) async fn next(
        &mut self,
        session: &Session,
        cursor: BlockRef,
        head: u64,
    ) -> Result<Stretch, Fault> {
        if let Some(stretch) = self.rest.pop_front()
            && stretch.stands_on() == Some(cursor.hash)
        {
            return Ok(stretch);
        }
        self.rest.clear();
        let first = cursor.number.saturating_add(1);
        if head.saturating_sub(cursor.number) > NEAR_HEAD {
            self.rest = self.backfill(session, first, head - NEAR_HEAD).await?;
            self.rest.pop_front().ok_or_else(|| not_there(first, head))
        } else {
            self.follow(session, first, head).await
        }
    }

    /// Reads on while a stretch that ends here is settled. What goes wrong is told when it is
    /// read again.
    pub(super) async fn read_ahead(&mut self, session: &Session, end: BlockRef, head: u64) {
        if self.rest.is_empty() && head.saturating_sub(end.number) > NEAR_HEAD {
            let first = end.number.saturating_add(1);
            let ahead = self.backfill(session, first, head - NEAR_HEAD).await;
            self.rest = ahead.unwrap_or_default();
        }
    }

    /// Block by block, from receipts.
    async fn follow(&self, session: &Session, first: u64, head: u64) -> Result<Stretch, Fault> {
        let last = head.min(first + ONE_BY_ONE - 1);
        let with_targets = session.receipts == ReceiptSource::Transaction;
        let mut blocks: Vec<Block> = Vec::new();
        let mut answers = stream::iter(first..=last)
            .map(|number| session.node.block(number, with_targets))
            .buffered(AT_ONCE);
        while let Some(block) = answers.try_next().await? {
            let Some(block) = block else { break };
            // The chain changed while it was read: what was read so far is settled, the next
            // turn finds the fork.
            if blocks
                .last()
                .is_some_and(|last| last.hash != block.parent_hash)
            {
                break;
            }
            blocks.push(block);
        }
        drop(answers);
        if blocks.is_empty() {
            return Err(not_there(first, head));
        }
        let logs = self.receipts_of(session, blocks.clone()).await?;
        let mut observations = Vec::new();
        for logs in &logs {
            self.observe(logs, &mut observations)?;
        }
        Ok(Stretch {
            blocks,
            observations,
        })
    }

    /// A range of logs, as long as the node answers, in stretches that can be settled at once.
    async fn backfill(
        &mut self,
        session: &Session,
        first: u64,
        until: u64,
    ) -> Result<VecDeque<Stretch>, Fault> {
        let range = self.ranges.next(&session.node, first, until, LOGS).await;
        let (last, logs) = match range {
            // Not even those of one block: its receipts have them.
            Err(NodeError::Refused { .. }) => (first, Vec::new()),
            answered => answered?,
        };
        let blocks = session.node.blocks(first, last).await?;
        let logs = self.completed(session, &blocks, logs).await?;
        let mut stretches = VecDeque::new();
        let mut stretch = Stretch::default();
        for (block, logs) in blocks.into_iter().zip(logs) {
            self.observe(&logs, &mut stretch.observations)?;
            stretch.blocks.push(block);
            if stretch.observations.len() >= OBSERVATIONS {
                stretches.push_back(std::mem::take(&mut stretch));
            }
        }
        if !stretch.blocks.is_empty() {
            stretches.push_back(stretch);
        }
        Ok(stretches)
    }

    /// The escrow's logs of each of these blocks: as the node's index has them where that
    /// explains the block's bloom filter, and from the receipts elsewhere.
    async fn completed(
        &self,
        session: &Session,
        blocks: &[Block],
        answered: Vec<Log>,
    ) -> Result<Vec<Vec<Log>>, Fault> {
        let escrow = self.settings.escrow;
        let mut logs = by_block(blocks, answered)?;
        let explained = |block: &Block, logs: &[Log]| {
            !block.may_concern(escrow) || bloom_of(logs) == block.logs_bloom
        };
        let doubtful: Vec<(&Block, &mut Vec<Log>)> = blocks
            .iter()
            .zip(&mut logs)
            .filter(|(block, logs)| !explained(block, logs))
            .collect();
        let from_receipts = doubtful.iter().map(|(block, _)| (*block).clone()).collect();
        let from_receipts = self.receipts_of(session, from_receipts).await?;
        for ((_, logs), read) in doubtful.into_iter().zip(from_receipts) {
            *logs = read;
        }
        for logs in &mut logs {
            logs.retain(|log| log.address() == escrow);
        }
        Ok(logs)
    }

    /// The escrow's logs of each block, from its receipts.
    async fn receipts_of(
        &self,
        session: &Session,
        blocks: Vec<Block>,
    ) -> Result<Vec<Vec<Log>>, NodeError> {
        let escrow = self.settings.escrow;
        let (node, source) = (&session.node, session.receipts);
        stream::iter(blocks)
            .map(|block| async move { node.logs_in(&block, escrow, source).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    fn observe(&self, logs: &[Log], observations: &mut Vec<Observation>) -> Result<(), Fault> {
        for log in logs {
            observations.extend(decode(self.settings.chain_id, log)?);
        }
        Ok(())
    }
}

/// The logs of each block, in the order of the chain.
fn by_block(blocks: &[Block], mut answered: Vec<Log>) -> Result<Vec<Vec<Log>>, NodeError> {
    answered.sort_by_key(|log| (log.block_number, log.log_index));
    let mut answered = answered.into_iter().peekable();
    let mut logs = Vec::with_capacity(blocks.len());
    for block in blocks {
        let mut here = Vec::new();
        while let Some(mut log) = answered.next_if(|log| log.block_hash == Some(block.hash)) {
            // Not every node says it beside its logs.
            log.block_timestamp = Some(block.timestamp);
            here.push(log);
        }
        logs.push(here);
    }
    match answered.next() {
        Some(log) => {
            let reason = format!("a log of block {:?} is in none of them", log.block_number);
            Err(NodeError::Inconsistent { reason })
        }
        None => Ok(logs),
    }
}

/// The bloom filter of logs: equal to their block's when there are no others in it, but for
/// chance in the order of one in a million.
fn bloom_of(logs: &[Log]) -> Bloom {
    let mut bloom = Bloom::ZERO;
    for log in logs {
        bloom.accrue(BloomInput::Raw(log.address().as_slice()));
        for topic in log.topics() {
            bloom.accrue(BloomInput::Raw(topic.as_slice()));
        }
    }
    bloom
}

fn not_there(first: u64, head: u64) -> Fault {
    let reason = format!("block {first} is not there, and the head is {head}");
    NodeError::Inconsistent { reason }.into()
}
