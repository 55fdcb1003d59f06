//! Who the node is: checked on every connection, before a word of it is believed.

use alloy::{
    primitives::{Address, B256},
    sol_types::SolCall,
};

use super::{
    ListenerSettings,
    fault::{Fault, Halt},
};
use crate::chain::{
    ShopEscrow::quoteSignerCall,
    node::{Node, NodeError, ReceiptSource},
};

/// A node that was found to be the right one.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// The node, alone.
    pub(super) node: Node,
    /// The chain's first block.
    pub(super) genesis_hash: B256,
    /// How the node gives receipts.
    pub(super) receipts: ReceiptSource,
}

impl Session {
    /// Checks chain id, contract and quote signer. The first block is compared with the
    /// cursor's when that is loaded.
    pub(super) async fn open(node: Node, settings: &ListenerSettings) -> Result<Self, Fault> {
        Ok(Self {
            genesis_hash: genesis_of(&node, settings.chain_id).await?,
            receipts: node.receipt_source().await?,
            node,
        })
    }
}

/// The first block of a node that is on the right chain.
pub(super) async fn genesis_of(node: &Node, expected: u64) -> Result<B256, Fault> {
    let found = node.chain_id().await?;
    if found != expected {
        return Err(Halt::OtherChain { expected, found }.into());
    }
    let genesis = node.block(0, false).await?;
    let genesis = genesis.ok_or_else(|| NodeError::Inconsistent {
        reason: "the chain has no first block".to_owned(),
    })?;
    Ok(genesis.hash)
}

/// Checks that the contract is there and accepts our quotes: a payment to an address without
/// code would be lost, and one with another signer's quotes would fail.
pub(super) async fn check_contract(node: &Node, settings: &ListenerSettings) -> Result<(), Fault> {
    let escrow = settings.escrow;
    if node.code(escrow).await?.is_empty() {
        return Err(Halt::NoContract { escrow }.into());
    }
    let (expected, found) = (settings.quote_signer, signer_of(node, escrow).await?);
    match found {
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(Halt::OtherSigner {
            escrow,
            expected,
            found,
        }
        .into()),
        None => Err(Halt::OtherContract { escrow }.into()),
    }
}

/// The quote signer that the contract knows, if it is a contract that knows one.
async fn signer_of(node: &Node, escrow: Address) -> Result<Option<Address>, NodeError> {
    match node
        .call(escrow, quoteSignerCall {}.abi_encode().into())
        .await
    {
        Ok(answer) => Ok(quoteSignerCall::abi_decode_returns(&answer).ok()),
        Err(error) if error.is_revert() => Ok(None),
        Err(error) => Err(error),
    }
}
