//! Logs of long ranges of blocks: as many blocks at once as the node answers.

use alloy::{primitives::Address, rpc::types::Log};

use super::node::{Node, NodeError};

/// Bounds of a range.
const BLOCKS_MAX: u64 = 1024;
const BLOCKS_START: u64 = 64;

/// Reads ranges; remembers which the node answers.
#[derive(Debug)]
pub(super) struct Ranges {
    contract: Address,
    blocks: u64,
}

impl Ranges {
    pub(super) fn new(contract: Address) -> Self {
        Self {
            contract,
            blocks: BLOCKS_START,
        }
    }

    /// The last block of the range that begins with `first`, at most `until`, and the
    /// contract's logs in it, as the node's index has them. More than `most` logs come only from
    /// a single block.
    pub(super) async fn next(
        &mut self,
        node: &Node,
        first: u64,
        until: u64,
        most: usize,
    ) -> Result<(u64, Vec<Log>), NodeError> {
        let (last, logs) = loop {
            let last = until.min(first + self.blocks - 1);
            match node.logs(self.contract, first, last).await {
                Ok(logs) if logs.len() > most && last > first => {
                    self.blocks = (last - first).div_ceil(2);
                }
                Ok(logs) => break (last, logs),
                // Nodes bound the range or the answer, each in words of its own.
                Err(NodeError::Refused { message, .. }) if last > first => {
                    self.blocks = (last - first).div_ceil(2);
                    tracing::debug!(blocks = self.blocks, %message, "reading shorter ranges");
                }
                Err(error) => {
                    // It may be the answer's size that took too long.
                    self.blocks = self.blocks.div_ceil(2);
                    return Err(error);
                }
            }
        };
        self.aim(last - first + 1, logs.len(), most);
        Ok((last, logs))
    }

    /// The next range is to hold half of what may come, at most twice as many blocks as this one.
    fn aim(&mut self, blocks: u64, logs: usize, most: usize) {
        let wanted = u64::try_from(most / 2).unwrap_or(u64::MAX);
        let logs = u64::try_from(logs).unwrap_or(u64::MAX).max(1);
        let aimed = blocks.saturating_mul(wanted) / logs;
        self.blocks = aimed.clamp(1, (self.blocks * 2).min(BLOCKS_MAX));
    }
}
