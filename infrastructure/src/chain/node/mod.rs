//! A JSON-RPC client over HTTP: typed, bounded in time, and lenient in what is not looked at.

mod block;
mod error;
mod reading;

use std::{fmt::Debug, time::Duration};

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::{
        client::{ClientBuilder, RpcClient},
        types::{FeeHistory, Log, TransactionRequest},
    },
    transports::http::reqwest,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use thiserror::Error;
use url::Url;

pub(in crate::chain) use block::{Block, Receipt, Sent};
pub use error::NodeError;
pub(in crate::chain) use reading::ReceiptSource;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A chain's node. Cheap to clone; connects on the first question, so it may be away.
#[derive(Debug, Clone)]
pub struct Node {
    client: RpcClient,
}

/// The HTTP client could not be made.
#[derive(Debug, Error)]
#[error("the HTTP client for the node could not be set up: {0}")]
pub struct ClientError(#[source] reqwest::Error);

impl Node {
    /// The node at an `http` or `https` URL. Nothing is asked yet.
    ///
    /// # Errors
    /// [`ClientError`] when the system has no usable certificates or the like.
    pub fn new(url: Url) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(ClientError)?;
        let client = ClientBuilder::default().http_with_client(http, url);
        Ok(Self { client })
    }

    /// The chain id (EIP-155).
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn chain_id(&self) -> Result<u64, NodeError> {
        let id: U64 = self.ask("eth_chainId", ()).await?;
        Ok(id.to())
    }

    /// Asks a contract, at the head of the chain.
    ///
    /// # Errors
    /// [`NodeError`]; [`NodeError::Refused`] with the revert's data when the contract reverts.
    pub async fn call(&self, contract: Address, data: Bytes) -> Result<Bytes, NodeError> {
        let call = TransactionRequest::default()
            .to(contract)
            .input(data.into());
        self.ask("eth_call", (call, "latest")).await
    }

    /// Asks a contract as it was after a block.
    pub(super) async fn call_at(
        &self,
        contract: Address,
        data: Bytes,
        block: u64,
    ) -> Result<Bytes, NodeError> {
        let call = TransactionRequest::default()
            .to(contract)
            .input(data.into());
        self.ask("eth_call", (call, U64::from(block))).await
    }

    /// Makes a call as it is given, with its own sender and its bound on gas, at the head of the
    /// chain; without `to` it runs the creation code in its data, and gives what that returns.
    pub(super) async fn simulate(&self, call: TransactionRequest) -> Result<Bytes, NodeError> {
        self.ask("eth_call", (call, "latest")).await
    }

    /// The code at an address, at the head of the chain; empty for a plain account.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn code(&self, address: Address) -> Result<Bytes, NodeError> {
        self.ask("eth_getCode", (address, "latest")).await
    }

    /// What an account holds in the chain's native coin, wei.
    ///
    /// # Errors
    /// [`NodeError`].
    pub async fn balance(&self, account: Address) -> Result<U256, NodeError> {
        self.ask("eth_getBalance", (account, "latest")).await
    }

    /// The same as it was after a block.
    pub(super) async fn balance_at(&self, account: Address, block: u64) -> Result<U256, NodeError> {
        self.ask("eth_getBalance", (account, U64::from(block)))
            .await
    }

    pub(super) async fn head(&self) -> Result<Block, NodeError> {
        let block: Option<Block> = self.ask("eth_getBlockByNumber", ("latest", false)).await?;
        block.ok_or_else(|| NodeError::inconsistent("the chain has no head"))
    }

    /// The block at a height, if the node has it; with the transactions' targets if wanted.
    pub(super) async fn block(
        &self,
        number: u64,
        with_targets: bool,
    ) -> Result<Option<Block>, NodeError> {
        let block: Option<Block> = self
            .ask("eth_getBlockByNumber", (U64::from(number), with_targets))
            .await?;
        match block {
            Some(block) if block.number != number => {
                let reason = format!("asked for block {number}, got {}", block.number);
                Err(NodeError::inconsistent(reason))
            }
            other => Ok(other),
        }
    }

    pub(super) async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>, NodeError> {
        self.ask("eth_getTransactionReceipt", (transaction,)).await
    }

    /// A transaction that the node knows, mined or not.
    pub(super) async fn transaction(&self, transaction: B256) -> Result<Option<Sent>, NodeError> {
        self.ask("eth_getTransactionByHash", (transaction,)).await
    }

    pub(super) async fn block_receipts(
        &self,
        block: B256,
    ) -> Result<Option<Vec<Receipt>>, NodeError> {
        self.ask("eth_getBlockReceipts", (block,)).await
    }

    /// The contract's logs in blocks `first ..= last`.
    pub(super) async fn logs(
        &self,
        contract: Address,
        first: u64,
        last: u64,
    ) -> Result<Vec<Log>, NodeError> {
        let filter = json!({
            "address": contract,
            "fromBlock": U64::from(first),
            "toBlock": U64::from(last),
        });
        self.ask("eth_getLogs", (filter,)).await
    }

    pub(super) async fn estimate_gas(&self, call: &TransactionRequest) -> Result<u64, NodeError> {
        let units: U64 = self.ask("eth_estimateGas", (call.clone(),)).await?;
        Ok(units.to())
    }

    pub(super) async fn fee_history(
        &self,
        blocks: u64,
        percentile: u8,
    ) -> Result<FeeHistory, NodeError> {
        self.ask(
            "eth_feeHistory",
            (U64::from(blocks), "latest", [percentile]),
        )
        .await
    }

    pub(super) async fn priority_fee(&self) -> Result<U256, NodeError> {
        self.ask("eth_maxPriorityFeePerGas", ()).await
    }

    pub(super) async fn gas_price(&self) -> Result<U256, NodeError> {
        self.ask("eth_gasPrice", ()).await
    }

    /// The nonce of an account's next transaction, what waits to be mined included.
    pub(super) async fn next_nonce(&self, account: Address) -> Result<u64, NodeError> {
        let nonce: U64 = self
            .ask("eth_getTransactionCount", (account, "pending"))
            .await?;
        Ok(nonce.to())
    }

    /// The nonce that an account's next transaction needs to be mined at once.
    pub(super) async fn mined_nonce(&self, account: Address) -> Result<u64, NodeError> {
        let nonce: U64 = self
            .ask("eth_getTransactionCount", (account, "latest"))
            .await?;
        Ok(nonce.to())
    }

    /// The same as it was after a block.
    pub(super) async fn nonce_at(&self, account: Address, block: u64) -> Result<u64, NodeError> {
        let nonce: U64 = self
            .ask("eth_getTransactionCount", (account, U64::from(block)))
            .await?;
        Ok(nonce.to())
    }

    pub(super) async fn send(&self, signed: Bytes) -> Result<B256, NodeError> {
        self.ask("eth_sendRawTransaction", (signed,)).await
    }

    async fn ask<P, R>(&self, method: &'static str, params: P) -> Result<R, NodeError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        self.client
            .request(method, params)
            .await
            .map_err(|error| NodeError::of(method, error))
    }
}
