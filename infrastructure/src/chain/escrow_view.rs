//! The escrow contract as it was after a block.
//!
//! Assumption: the node keeps the state of the block for as long as a run takes. Nodes keep 128
//! blocks or more; what they dropped they refuse, and the run ends without a result.

use std::sync::{PoisonError, RwLock};

use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol,
    sol_types::SolCall,
};
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use gage_application::ports::{
    chain::{BlockRef, Observation},
    escrow_view::{EscrowAccount, EscrowLogs, EscrowPayment, EscrowUnavailable, EscrowView},
};
use gage_domain::{ids::PaymentId, value::BaseUnits};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    ShopEscrow::{self, paymentsCall, withdrawableCall},
    logs::{MalformedLog, decode},
    node::{Block, Node, NodeError},
    ranges::Ranges,
};

/// Questions that may be on their way at once.
const AT_ONCE: usize = 8;
/// Logs that are asked for at once, about.
const LOGS: usize = 10_000;

sol! {
    /// The part of ERC-20 that is asked.
    function balanceOf(address account) external view returns (uint256);
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EscrowViewSettings {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// The first block that may hold logs of it.
    pub start_block: u64,
    /// Blocks, the log's own included, that make a log count. At least 1.
    pub confirmations: u64,
}

/// The escrow contract over JSON-RPC.
#[derive(Debug)]
pub struct EvmEscrowView {
    nodes: Node,
    /// The node of the run that began last: its answers fit together.
    one: RwLock<Node>,
    settings: EscrowViewSettings,
    // Held while a range is asked for: runs take turns, and share what the node answers.
    ranges: Mutex<Ranges>,
}

impl EvmEscrowView {
    /// A view. Nothing is asked of the node yet.
    pub fn new(node: Node, settings: EscrowViewSettings) -> Self {
        Self {
            ranges: Mutex::new(Ranges::new(settings.escrow)),
            one: RwLock::new(node.one()),
            nodes: node,
            settings,
        }
    }

    fn node(&self) -> Node {
        let one = self.one.read().unwrap_or_else(PoisonError::into_inner);
        one.clone()
    }

    /// Asks the node that is first now, from here on.
    fn choose_node(&self) {
        *self.one.write().unwrap_or_else(PoisonError::into_inner) = self.nodes.one();
    }

    async fn call<C: SolCall + Sync>(
        &self,
        contract: Address,
        call: &C,
        at: BlockRef,
    ) -> Result<C::Return, EscrowUnavailable> {
        let data = Bytes::from(call.abi_encode());
        let answer = self.node().call_at(contract, data, at.number).await?;
        C::abi_decode_returns(&answer).map_err(|error| EscrowUnavailable {
            reason: format!("{contract} answers {} with {error}", C::SIGNATURE),
        })
    }

    async fn payment(
        &self,
        key: B256,
        at: BlockRef,
    ) -> Result<Option<EscrowPayment>, EscrowUnavailable> {
        let payment = self
            .call(self.settings.escrow, &paymentsCall { key }, at)
            .await?;
        Ok(payment_of(&payment))
    }

    async fn one_withdrawable(
        &self,
        account: EscrowAccount,
        at: BlockRef,
    ) -> Result<BaseUnits, EscrowUnavailable> {
        let call = withdrawableCall {
            account: account.owner,
            token: account.token,
        };
        self.call(self.settings.escrow, &call, at)
            .await
            .map(BaseUnits)
    }

    /// The block, if it is part of the node's chain.
    async fn standing(&self, block: BlockRef) -> Result<Block, EscrowUnavailable> {
        let found = self.node().block(block.number, false).await?;
        let BlockRef { number, hash } = block;
        found
            .filter(|found| found.hash == hash)
            .ok_or_else(|| EscrowUnavailable {
                reason: format!("block {number} {hash} is not part of the node's chain"),
            })
    }

    fn observations(
        &self,
        logs: &[alloy::rpc::types::Log],
    ) -> Result<Vec<Observation>, EscrowUnavailable> {
        let mut observations = Vec::with_capacity(logs.len());
        for log in logs {
            observations.extend(decode(self.settings.chain_id, log)?);
        }
        Ok(observations)
    }
}

#[async_trait]
impl EscrowView for EvmEscrowView {
    fn chain_id(&self) -> u64 {
        self.settings.chain_id
    }

    fn escrow(&self) -> Address {
        self.settings.escrow
    }

    fn start_block(&self) -> u64 {
        self.settings.start_block
    }

    async fn confirmed(&self, settled: BlockRef) -> Result<Option<BlockRef>, EscrowUnavailable> {
        self.choose_node();
        let (found, expected) = (self.node().chain_id().await?, self.settings.chain_id);
        if found != expected {
            let reason = format!("the node is on chain {found}, not on {expected}");
            return Err(EscrowUnavailable { reason });
        }
        self.check_stands(settled).await?;
        let Some(number) = (settled.number + 1).checked_sub(self.settings.confirmations.max(1))
        else {
            return Ok(None);
        };
        let block = self.node().block(number, false).await?;
        let block = block.ok_or_else(|| EscrowUnavailable {
            reason: format!("the node does not know block {number}"),
        })?;
        Ok(Some(block.at()))
    }

    async fn check_stands(&self, block: BlockRef) -> Result<(), EscrowUnavailable> {
        self.standing(block).await.map(drop)
    }

    async fn time_of(&self, block: BlockRef) -> Result<OffsetDateTime, EscrowUnavailable> {
        let timestamp = self.standing(block).await?.timestamp;
        let moment = i64::try_from(timestamp).ok();
        let moment = moment.and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
        moment.ok_or_else(|| EscrowUnavailable {
            reason: format!(
                "block {} is of a time that is none: {timestamp}",
                block.number
            ),
        })
    }

    async fn payments(
        &self,
        keys: &[B256],
        at: BlockRef,
    ) -> Result<Vec<Option<EscrowPayment>>, EscrowUnavailable> {
        stream::iter(keys.to_vec())
            .map(|key| self.payment(key, at))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn withdrawable(
        &self,
        accounts: &[EscrowAccount],
        at: BlockRef,
    ) -> Result<Vec<BaseUnits>, EscrowUnavailable> {
        stream::iter(accounts.to_vec())
            .map(|account| self.one_withdrawable(account, at))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn balance(&self, token: Address, at: BlockRef) -> Result<BaseUnits, EscrowUnavailable> {
        let escrow = self.settings.escrow;
        if token.is_zero() {
            let balance = self.node().balance_at(escrow, at.number).await?;
            return Ok(BaseUnits(balance));
        }
        let call = balanceOfCall { account: escrow };
        self.call(token, &call, at).await.map(BaseUnits)
    }

    async fn logs(&self, first: u64, until: BlockRef) -> Result<EscrowLogs, EscrowUnavailable> {
        let mut ranges = self.ranges.lock().await;
        let (last, logs) = ranges.next(&self.node(), first, until.number, LOGS).await?;
        drop(ranges);
        let logs = self.observations(&logs)?;
        Ok(EscrowLogs { last, logs })
    }

    async fn logs_in(&self, block: BlockRef) -> Result<Vec<Observation>, EscrowUnavailable> {
        // With the transactions' targets, for nodes that give receipts one by one.
        let node = self.node();
        let found = node.block(block.number, true).await?;
        let Some(found) = found.filter(|found| found.hash == block.hash) else {
            return Ok(Vec::new());
        };
        let source = node.receipt_source().await?;
        let logs = node.logs_in(&found, self.settings.escrow, source);
        self.observations(&logs.await?)
    }
}

/// A payment that was made; the contract has zeros everywhere else.
fn payment_of(payment: &ShopEscrow::Payment) -> Option<EscrowPayment> {
    (payment.funded != 0).then(|| EscrowPayment {
        order: PaymentId(Uuid::from_bytes(payment.order.0)),
        buyer: payment.buyer,
        seller: payment.seller,
        arbiter: payment.arbiter,
        token: payment.token,
        hold_secs: payment.holdSeconds,
        dispute_secs: payment.disputeSeconds,
        funded: BaseUnits(U256::from(payment.funded)),
        released: BaseUnits(U256::from(payment.released)),
        refunded: BaseUnits(U256::from(payment.refunded)),
        disputed: payment.disputedAt != 0,
    })
}

impl From<NodeError> for EscrowUnavailable {
    fn from(error: NodeError) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}

impl From<MalformedLog> for EscrowUnavailable {
    fn from(error: MalformedLog) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}
