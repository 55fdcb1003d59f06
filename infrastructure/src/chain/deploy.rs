//! Puts contracts on a chain.

use std::time::Duration;

use alloy::{
    consensus::TxEip1559,
    primitives::{Address, B256, Bytes, TxKind},
    rpc::types::TransactionRequest,
    sol_types::SolConstructor,
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::{
    RootAnchor, ShopEscrow, gas,
    key::{LocalKey, SigningFailed},
    node::{Node, NodeError},
};

/// How long the transaction may take to be mined.
const PATIENCE: Duration = Duration::from_mins(3);
/// Time between looks for the receipt.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// The contract on the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deployed {
    /// Its address.
    pub address: Address,
    /// The block that holds it: the listener need not begin earlier.
    pub block: u64,
}

/// Why the contract is not on the chain.
#[derive(Debug, Error)]
pub enum DeployError {
    /// The node is away or refuses.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The transaction could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The transaction was mined, and failed.
    #[error("transaction {tx_hash} failed")]
    Failed {
        /// The transaction.
        tx_hash: B256,
    },
    /// The transaction is on its way, but was not mined in time.
    #[error("transaction {tx_hash} was not mined within {} seconds", PATIENCE.as_secs())]
    NotMined {
        /// The transaction.
        tx_hash: B256,
    },
}

/// Deploys the escrow contract with the deployer's key and money; `quote_signer` is the
/// address whose signature will make a quote payable, and `tokens` the contracts (ERC-20) whose
/// tokens it takes beside the chain's own coin, both for ever.
///
/// # Errors
/// [`DeployError`].
pub async fn deploy(
    node: &Node,
    deployer: &LocalKey,
    quote_signer: Address,
    tokens: &[Address],
) -> Result<Deployed, DeployError> {
    let constructor = ShopEscrow::constructorCall {
        signer: quote_signer,
        tokens: tokens.to_vec(),
    };
    let code: Bytes = [&ShopEscrow::BYTECODE[..], &constructor.abi_encode()]
        .concat()
        .into();
    create(node, deployer, code).await
}

/// Deploys the contract that remembers roots of logs, with the deployer's key and money. Any number
/// of shops can use one.
///
/// # Errors
/// [`DeployError`].
pub async fn deploy_anchor(node: &Node, deployer: &LocalKey) -> Result<Deployed, DeployError> {
    create(node, deployer, RootAnchor::BYTECODE.clone()).await
}

async fn create(node: &Node, deployer: &LocalKey, code: Bytes) -> Result<Deployed, DeployError> {
    let tx_hash = send_creation(node, deployer, code).await?;
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(receipt) = node.receipt(tx_hash).await? {
            return match (receipt.status, receipt.contract_address) {
                (Some(1), Some(address)) => Ok(Deployed {
                    address,
                    block: receipt.block_number,
                }),
                _ => Err(DeployError::Failed { tx_hash }),
            };
        }
        sleep(LOOK_EVERY).await;
    }
    Err(DeployError::NotMined { tx_hash })
}

async fn send_creation(node: &Node, deployer: &LocalKey, code: Bytes) -> Result<B256, DeployError> {
    let from = deployer.address();
    let mut estimated = TransactionRequest {
        from: Some(from),
        input: code.clone().into(),
        ..Default::default()
    };
    estimated.to = Some(TxKind::Create);
    let (chain_id, nonce, gas_limit, fees) = tokio::try_join!(
        node.chain_id(),
        node.next_nonce(from),
        node.estimate_gas(&estimated),
        gas::fees(node),
    )?;
    let transaction = TxEip1559 {
        chain_id,
        nonce,
        gas_limit,
        max_fee_per_gas: fees.maximum().saturating_to(),
        max_priority_fee_per_gas: fees.tip.saturating_to(),
        to: TxKind::Create,
        input: code,
        ..Default::default()
    };
    let signed = deployer.sign_transaction(transaction)?;
    Ok(node.send(signed.raw).await?)
}
