//! Looking for transactions that buyers reported.
//!
//! Invariants:
//! - what is "deep" is so below the listener's cursor, so that a payment is settled before
//!   anything is said of the transactions beside it;
//! - a look asks one node, and before and after whether it knows the cursor's block: one that
//!   lags behind it, or has left it, says nothing about what is missing.
//!
//! Assumption: the node keeps the state of as many blocks as confirmations are required.

use alloy::primitives::Address;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use gage_application::ports::{
    attempts::{AttemptView, Finding, NoLook, Sought},
    chain::BlockRef,
};

use super::node::{Node, NodeError, Receipt};
use crate::postgres::{ChainStoreError, PostgresChainStore};

/// Transactions that are looked for at once.
const AT_ONCE: usize = 8;

/// Looks for transactions on the chain that the listener follows.
#[derive(Debug, Clone)]
pub struct EvmAttempts {
    node: Node,
    store: PostgresChainStore,
    chain_id: u64,
    confirmations: u64,
}

impl EvmAttempts {
    /// Asks the node, and the listener's own store how far it has come. Confirmations are
    /// counted with the transaction's own block.
    pub fn new(node: Node, store: PostgresChainStore, chain_id: u64, confirmations: u64) -> Self {
        Self {
            node,
            store,
            chain_id,
            confirmations: confirmations.max(1),
        }
    }

    /// The listener's cursor.
    async fn settled(&self) -> Result<BlockRef, NoLook> {
        match self.store.cursor().await {
            Ok(Some(cursor)) => Ok(cursor.block),
            Ok(None) => Err(no_look("the chain was not followed yet")),
            Err(error) => Err(error.into()),
        }
    }
}

/// A look at one node.
#[derive(Debug)]
struct Look {
    node: Node,
    settled: BlockRef,
    confirmations: u64,
}

impl Look {
    async fn check_stands(&self) -> Result<(), NoLook> {
        match self.node.block(self.settled.number, false).await? {
            Some(block) if block.hash == self.settled.hash => Ok(()),
            Some(_) => Err(no_look("the node has left the block that is settled")),
            None => Err(no_look(
                "the node has not reached the block that is settled",
            )),
        }
    }

    async fn find(&self, sought: Sought) -> Result<Finding, NodeError> {
        // The newest block that is deep enough; none on a chain that is shorter than that.
        let deep = (self.settled.number + 1).checked_sub(self.confirmations);
        if let Some(receipt) = self.node.receipt(sought.tx_hash).await? {
            return self.of_receipt(&receipt, deep).await;
        }
        if let Some(sent) = self.node.transaction(sought.tx_hash).await? {
            let mined = sent.block_hash.is_some();
            let waiting = Finding::Waiting {
                sender: sent.from,
                nonce: sent.nonce,
            };
            return Ok(if mined { Finding::Mined } else { waiting });
        }
        if let Some(deep) = deep
            && self.has_sent(sought.sender, sought.nonce, deep).await?
        {
            return Ok(Finding::Overtaken);
        }
        let next = self.node.mined_nonce(sought.sender).await?;
        Ok(if next > sought.nonce {
            Finding::Overtaking
        } else {
            Finding::Absent
        })
    }

    /// Whether an account has used a nonce up to a block.
    async fn has_sent(&self, account: Address, nonce: u64, until: u64) -> Result<bool, NodeError> {
        Ok(self.node.nonce_at(account, until).await? > nonce)
    }

    async fn of_receipt(&self, receipt: &Receipt, deep: Option<u64>) -> Result<Finding, NodeError> {
        let failed = receipt.status == Some(0);
        if !failed || deep.is_none_or(|deep| receipt.block_number > deep) {
            return Ok(Finding::Mined);
        }
        let block = self.node.block(receipt.block_number, false).await?;
        Ok(match block {
            Some(block) if block.hash == receipt.block_hash => Finding::Failed,
            // The receipt is of a block that has left the chain.
            _ => Finding::Unclear,
        })
    }

    /// What the node says of one transaction. A refusal is about this one, so the others are
    /// looked for all the same; anything else is about the node.
    async fn look_for(&self, sought: Sought) -> Result<Finding, NoLook> {
        match self.find(sought).await {
            Ok(finding) => Ok(finding),
            Err(error @ (NodeError::Refused { .. } | NodeError::Unintelligible { .. })) => {
                tracing::debug!(tx_hash = %sought.tx_hash, %error, "nothing is said of a transaction");
                Ok(Finding::Unclear)
            }
            Err(error @ (NodeError::Unreachable { .. } | NodeError::Inconsistent { .. })) => {
                Err(error.into())
            }
        }
    }
}

#[async_trait]
impl AttemptView for EvmAttempts {
    fn chain_id(&self) -> u64 {
        self.chain_id
    }

    async fn look(&self, sought: &[Sought]) -> Result<Vec<Finding>, NoLook> {
        let look = Look {
            node: self.node.one(),
            settled: self.settled().await?,
            confirmations: self.confirmations,
        };
        look.check_stands().await?;
        let findings = stream::iter(sought.to_vec())
            .map(|sought| look.look_for(sought))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        look.check_stands().await?;
        Ok(findings)
    }
}

impl From<NodeError> for NoLook {
    fn from(error: NodeError) -> Self {
        no_look(&error.to_string())
    }
}

impl From<ChainStoreError> for NoLook {
    fn from(error: ChainStoreError) -> Self {
        no_look(&error.to_string())
    }
}

fn no_look(reason: &str) -> NoLook {
    NoLook {
        reason: reason.to_owned(),
    }
}
