//! Reading a block's logs from its receipts: the receipts are what the block's hash commits to.

use alloy::{primitives::Address, rpc::types::Log};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Block, Node, NodeError, Receipt, block::Transaction};

/// Questions that may be on their way at once.
const AT_ONCE: usize = 8;

/// How a node gives receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chain) enum ReceiptSource {
    /// All of a block in one answer.
    Block,
    /// One by one (Ganache): asked for only in blocks that matter.
    Transaction,
}

impl Node {
    /// Finds out how the node gives receipts.
    ///
    /// # Errors
    /// [`NodeError`] when it cannot be asked.
    pub(in crate::chain) async fn receipt_source(&self) -> Result<ReceiptSource, NodeError> {
        let head = self.head().await?;
        match self.block_receipts(head.hash).await {
            // Nothing: the head has changed meanwhile; the method is there.
            Ok(_) => Ok(ReceiptSource::Block),
            // Codes differ (-32601, Ganache's -32700): no answer is answer enough.
            Err(NodeError::Refused { .. }) => Ok(ReceiptSource::Transaction),
            Err(error) => Err(error),
        }
    }

    /// The blocks `first ..= last`, each the child of the one before.
    ///
    /// # Errors
    /// [`NodeError::Inconsistent`] when a block is not there or they do not follow each other.
    pub(in crate::chain) async fn blocks(
        &self,
        first: u64,
        last: u64,
    ) -> Result<Vec<Block>, NodeError> {
        let blocks: Vec<Block> = stream::iter(first..=last)
            .map(|number| async move {
                let block = self.block(number, false).await?;
                block.ok_or_else(|| NodeError::inconsistent(format!("block {number} is not there")))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let broken = blocks
            .windows(2)
            .find(|pair| pair[1].parent_hash != pair[0].hash);
        match broken {
            Some(pair) => {
                let reason = format!("block {} is not the parent of the next", pair[0].number);
                Err(NodeError::inconsistent(reason))
            }
            None => Ok(blocks),
        }
    }

    /// The contract's logs in a block, from its receipts.
    ///
    /// # Errors
    /// [`NodeError`]; [`NodeError::Inconsistent`] when the receipts are not that block's.
    pub(in crate::chain) async fn logs_in(
        &self,
        block: &Block,
        contract: Address,
        source: ReceiptSource,
    ) -> Result<Vec<Log>, NodeError> {
        let receipts = match source {
            ReceiptSource::Block => self.all_receipts(block).await?,
            ReceiptSource::Transaction => self.receipts_that_matter(block, contract).await?,
        };
        let of_other = |receipt: &&Receipt| receipt.block_hash != block.hash;
        if let Some(other) = receipts.iter().find(of_other) {
            let reason = format!(
                "a receipt of block {} {} is of block {}",
                block.number, block.hash, other.block_hash
            );
            return Err(NodeError::inconsistent(reason));
        }
        let mut logs: Vec<Log> = receipts
            .into_iter()
            .flat_map(|receipt| receipt.logs)
            .collect();
        // A log's place is counted over the whole block. Ganache's receipts count anew in each
        // transaction (its `eth_getLogs` does not), so two logs would look like one.
        for (place, log) in (0_u64..).zip(&mut logs) {
            log.log_index = Some(place);
            // Not every node says it beside its logs.
            log.block_timestamp = Some(block.timestamp);
        }
        logs.retain(|log| log.address() == contract);
        if logs.iter().any(|log| log.block_hash != Some(block.hash)) {
            let reason = format!("a log in block {} names another block", block.number);
            return Err(NodeError::inconsistent(reason));
        }
        Ok(logs)
    }

    async fn all_receipts(&self, block: &Block) -> Result<Vec<Receipt>, NodeError> {
        let receipts = self.block_receipts(block.hash).await?.unwrap_or_default();
        // A node may know a block before its receipts: fewer of them is no answer.
        if receipts.len() != block.transactions.len() {
            let reason = format!(
                "block {} has {} transactions and {} receipts",
                block.number,
                block.transactions.len(),
                receipts.len()
            );
            return Err(NodeError::inconsistent(reason));
        }
        Ok(receipts)
    }

    /// All receipts when a transaction calls the contract, or when the bloom filter says that
    /// the block may hold logs of it, since other contracts may have called it; none otherwise.
    async fn receipts_that_matter(
        &self,
        block: &Block,
        contract: Address,
    ) -> Result<Vec<Receipt>, NodeError> {
        let calls = |transaction: &Transaction| transaction.calls(contract);
        if !block.may_concern(contract) && !block.transactions.iter().any(calls) {
            return Ok(Vec::new());
        }
        let hashes: Vec<_> = block.transactions.iter().map(Transaction::hash).collect();
        stream::iter(hashes)
            .map(|hash| async move {
                let receipt = self.receipt(hash).await?;
                receipt.ok_or_else(|| NodeError::inconsistent(format!("no receipt of {hash}")))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}
