//! Logs of long ranges of blocks: as many blocks at once as the node answers.

use alloy::{primitives::Address, rpc::types::Log};

use super::node::{Node, NodeError};

/// Bounds of a range.
const BLOCKS_MAX: u64 = 1024;
const BLOCKS_START: u64 = 256;

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
        self.blocks = (self.blocks * 2).min(BLOCKS_MAX);
        Ok((last, logs))
    }
}
