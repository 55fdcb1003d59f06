//! Reading a stretch of blocks: near the head block by block from receipts, far behind in
//! ranges of logs.

use alloy::rpc::types::Log;
use gage_application::ports::chain::{BlockRef, Observation};

use super::{ListenerSettings, fault::Fault};
use crate::chain::{
    logs::decode,
    node::{Block, Node, NodeError, ReceiptSource},
    ranges::Ranges,
};

/// Blocks below the head that are read one by one, from receipts.
pub(super) const NEAR_HEAD: u64 = 64;
/// Blocks that are read one by one before they are settled.
const AT_ONCE: u64 = 32;
/// Observations that are settled in one append; a single block may hold more.
const OBSERVATIONS: usize = 500;

/// Consecutive blocks, and what the escrow's logs in them say.
#[derive(Debug)]
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
    node: Node,
    settings: ListenerSettings,
    ranges: Ranges,
}

impl Reader {
    pub(super) fn new(node: Node, settings: ListenerSettings) -> Self {
        Self {
            ranges: Ranges::new(node.clone(), settings.escrow),
            node,
            settings,
        }
    }

    /// The next stretch after `cursor`, towards `head`.
    pub(super) async fn next(
        &mut self,
        cursor: u64,
        head: u64,
        receipts: ReceiptSource,
    ) -> Result<Stretch, Fault> {
        let first = cursor.saturating_add(1);
        if head.saturating_sub(cursor) > NEAR_HEAD {
            self.backfill(first, head - NEAR_HEAD, receipts).await
        } else {
            self.follow(first, head, receipts).await
        }
    }

    /// Block by block, from receipts.
    async fn follow(
        &self,
        first: u64,
        head: u64,
        receipts: ReceiptSource,
    ) -> Result<Stretch, Fault> {
        let with_targets = receipts == ReceiptSource::Transaction;
        let mut stretch = Stretch {
            blocks: Vec::new(),
            observations: Vec::new(),
        };
        for number in first..=head.min(first + AT_ONCE - 1) {
            let Some(block) = self.node.block(number, with_targets).await? else {
                break;
            };
            // The chain changed while it was read: what was read so far is settled, the next
            // turn finds the fork.
            let stands_on = stretch.blocks.last().map(|last| last.hash);
            if stands_on.is_some_and(|hash| hash != block.parent_hash) {
                break;
            }
            let logs = self
                .node
                .logs_in(&block, self.settings.escrow, receipts)
                .await?;
            self.observe(&logs, &mut stretch.observations)?;
            stretch.blocks.push(block);
            if stretch.observations.len() > OBSERVATIONS {
                break;
            }
        }
        if stretch.blocks.is_empty() {
            let reason = format!("block {first} is not there, and the head is {head}");
            return Err(NodeError::Inconsistent { reason }.into());
        }
        Ok(stretch)
    }

    /// A range of logs, as long as the node answers. The blocks' bloom filters tell where the
    /// answer left something out; there the receipts are read.
    async fn backfill(
        &mut self,
        first: u64,
        until: u64,
        receipts: ReceiptSource,
    ) -> Result<Stretch, Fault> {
        let (last, logs) = self.ranges.next(first, until, OBSERVATIONS).await?;
        let blocks = self.node.blocks(first, last).await?;
        let logs = self.completed(&blocks, logs, receipts).await?;
        let mut observations = Vec::new();
        self.observe(&logs, &mut observations)?;
        Ok(Stretch {
            blocks,
            observations,
        })
    }

    /// The logs of these blocks: those of the node's answer, and those that the bloom filters
    /// speak of and the answer left out.
    async fn completed(
        &self,
        blocks: &[Block],
        mut answered: Vec<Log>,
        receipts: ReceiptSource,
    ) -> Result<Vec<Log>, Fault> {
        let escrow = self.settings.escrow;
        let mut logs = Vec::with_capacity(answered.len());
        for block in blocks {
            let here: Vec<Log> = answered
                .extract_if(.., |log| log.block_hash == Some(block.hash))
                .collect();
            if here.is_empty() && block.may_concern(escrow) {
                logs.extend(self.receipts_of(block, receipts).await?);
            } else {
                logs.extend(here.into_iter().filter(|log| log.address() == escrow));
            }
        }
        match answered.first() {
            Some(log) => {
                let reason = format!("a log of block {:?} is in none of them", log.block_number);
                Err(NodeError::Inconsistent { reason }.into())
            }
            None => Ok(logs),
        }
    }

    async fn receipts_of(
        &self,
        block: &Block,
        receipts: ReceiptSource,
    ) -> Result<Vec<Log>, NodeError> {
        self.node
            .logs_in(block, self.settings.escrow, receipts)
            .await
    }

    fn observe(&self, logs: &[Log], observations: &mut Vec<Observation>) -> Result<(), Fault> {
        for log in logs {
            observations.extend(decode(self.settings.chain_id, log)?);
        }
        Ok(())
    }
}
