//! A JSON-RPC client over HTTP for the nodes of one chain: typed, bounded in time, and lenient in
//! what is not looked at.

mod block;
mod endpoint;
mod error;
mod reading;

use std::{fmt::Debug, sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    rpc::types::{FeeHistory, Log, TransactionRequest},
    transports::http::reqwest,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use thiserror::Error;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use url::Url;

use endpoint::{Endpoint, Weighs};

pub(in crate::chain) use block::{Block, Receipt, Sent};
pub(in crate::chain) use endpoint::Belonging;
pub use error::NodeError;
pub(in crate::chain) use reading::ReceiptSource;

/// How long a connection may take to come up.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Questions on behalf of people that a chain's nodes are asked at once.
const PEOPLE_AT_ONCE: usize = 16;
/// How long such a question waits for its turn.
const PEOPLE_PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A chain's nodes, the preferred one first. Cheap to clone; connects on the first question, so
/// they may be away.
///
/// A question goes to the first node that did not fail lately; when that is away, limits its
/// callers, answers garbage or refuses for reasons of its own, to the next, and the one that failed
/// is asked first again after a while. Who needs several answers that fit together takes
/// `Node::one`.
#[derive(Debug, Clone)]
pub struct Node {
    /// Never empty.
    endpoints: Arc<[Endpoint]>,
    reach: Reach,
    behalf: Behalf,
}

/// On whose behalf a node is asked.
#[derive(Debug, Clone)]
enum Behalf {
    /// The server's own, which has to keep up with the chain.
    Server,
    /// That of people, who share so many questions at once.
    People(Arc<Semaphore>),
}

/// Which of the nodes are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Whichever answers.
    Any,
    /// The one at this place, and no other.
    One(usize),
}

/// The nodes cannot be asked at all.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The HTTP client could not be made.
    #[error("the HTTP client for the node could not be set up: {0}")]
    Http(#[source] reqwest::Error),
    /// The list is empty.
    #[error("no URL of a node is given")]
    NoUrl,
}

impl Node {
    /// The nodes at `http` or `https` URLs, the preferred one first. Nothing is asked yet.
    ///
    /// # Errors
    /// [`ClientError`] when the list is empty, or when the system has no usable certificates or
    /// the like.
    pub fn new(urls: impl IntoIterator<Item = Url>) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(ClientError::Http)?;
        let endpoints: Arc<[Endpoint]> = (1..)
            .zip(urls)
            .map(|(place, url)| Endpoint::new(place, http.clone(), url))
            .collect();
        if endpoints.is_empty() {
            return Err(ClientError::NoUrl);
        }
        Ok(Self {
            endpoints,
            reach: Reach::Any,
            behalf: Behalf::Server,
        })
    }

    /// The same nodes, for questions on behalf of people: only so many of them are asked at once,
    /// and how they end says nothing about a node, since anyone can bring it to limit its callers.
    /// What is cloned from it shares the bound.
    #[must_use]
    pub fn for_people(&self) -> Self {
        let behalf = match &self.behalf {
            Behalf::Server => Behalf::People(Arc::new(Semaphore::new(PEOPLE_AT_ONCE))),
            people @ Behalf::People(_) => people.clone(),
        };
        Self {
            behalf,
            ..self.clone()
        }
    }

    /// The same nodes, for the server's own questions.
    pub(super) fn for_server(&self) -> Self {
        Self {
            behalf: Behalf::Server,
            ..self.clone()
        }
    }

    /// The node that is asked first now, alone: its answers are one node's view of the chain.
    pub(super) fn one(&self) -> Self {
        let first = self.in_turn().next().unwrap_or_default();
        self.at(first)
    }

    /// Each of the nodes but this one that did not fail lately, alone.
    pub(super) fn others(&self) -> Vec<Self> {
        let awake = |place: &usize| self.endpoints.get(*place).is_some_and(Endpoint::is_awake);
        let all = (0..self.endpoints.len()).filter(awake);
        all.map(|place| self.at(place))
            .filter(|other| other.reach != self.reach)
            .collect()
    }

    /// Whether both ask the same nodes.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.reach == other.reach && Arc::ptr_eq(&self.endpoints, &other.endpoints)
    }

    /// Lets other nodes be asked first for a while: this one answers, and not well.
    pub(super) fn rest(&self, why: &str) {
        for place in self.in_turn() {
            if let Some(endpoint) = self.endpoints.get(place) {
                endpoint.rest(&why);
            }
        }
    }

    /// Whether the node is on the chain that it is configured for, as far as is known.
    pub(super) fn belonging(&self) -> Belonging {
        let endpoint = self.in_turn().next();
        let endpoint = endpoint.and_then(|place| self.endpoints.get(place));
        endpoint.map_or(Belonging::Unknown, Endpoint::belonging)
    }

    /// Remembers whether this node is on the chain that it is configured for.
    pub(super) fn belongs(&self, found: Belonging, why: &str) {
        for place in self.in_turn() {
            if let Some(endpoint) = self.endpoints.get(place) {
                endpoint.belongs(found, &why);
            }
        }
    }

    /// Whether there is a node beside this one that may be on the right chain.
    pub(super) fn another_may_belong(&self) -> bool {
        let is_this = |place| self.reach == Reach::One(place);
        let mut endpoints = self.endpoints.iter().enumerate();
        endpoints.any(|(place, other)| !is_this(place) && other.belonging() != Belonging::Others)
    }

    fn at(&self, place: usize) -> Self {
        Self {
            reach: Reach::One(place),
            ..self.clone()
        }
    }

    /// The places to ask, first the one that is preferred and did not fail lately. Those that rest
    /// come last, whoever failed longest ago first: no answer would be worse.
    fn in_turn(&self) -> impl Iterator<Item = usize> {
        let mut places: Vec<usize> = match self.reach {
            Reach::One(place) => vec![place],
            Reach::Any => (0..self.endpoints.len()).collect(),
        };
        places.sort_by_key(|place| self.endpoints.get(*place).and_then(Endpoint::rests_since));
        places.into_iter()
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

    /// Hands a signed transaction to one node. What another says of it would be no answer to this
    /// one: that it knows it already, for example.
    pub(super) async fn send(&self, signed: Bytes) -> Result<B256, NodeError> {
        self.one().ask("eth_sendRawTransaction", (signed,)).await
    }

    async fn ask<P, R>(&self, method: &'static str, params: P) -> Result<R, NodeError>
    where
        P: Serialize + Clone + Debug + Send + Sync + Unpin,
        R: DeserializeOwned + Debug + Send + Sync + Unpin + 'static,
    {
        let _turn = self.turn().await?;
        let weighs = match self.behalf {
            Behalf::Server => Weighs::Yes,
            Behalf::People(_) => Weighs::No,
        };
        let mut failure = NodeError::inconsistent("no node was asked");
        let endpoints = self.in_turn().filter_map(|place| self.endpoints.get(place));
        for endpoint in endpoints {
            match endpoint.ask(method, params.clone(), weighs).await {
                // A refusal says more than that another node is away.
                Err(error) if error.another_may_answer() => {
                    failure = refusal_first(failure, error);
                }
                answer => return answer,
            }
        }
        Err(failure)
    }

    /// A question's turn among those on behalf of people; the server's own need none.
    async fn turn(&self) -> Result<Option<SemaphorePermit<'_>>, NodeError> {
        let Behalf::People(at_once) = &self.behalf else {
            return Ok(None);
        };
        match timeout(PEOPLE_PATIENCE, at_once.acquire()).await {
            Ok(Ok(turn)) => Ok(Some(turn)),
            // It is never closed.
            Ok(Err(_)) | Err(_) => Err(NodeError::Unreachable {
                reason: "too many questions are asked already".to_owned(),
            }),
        }
    }
}

/// What is told when no node answers.
fn refusal_first(known: NodeError, new: NodeError) -> NodeError {
    match known {
        NodeError::Refused { .. } => known,
        _ => new,
    }
}
