//! Anchoring: size and root of the newest signed checkpoint, written to a chain at an interval.
//!
//! It has a key and a budget of its own. Invariants, over restarts and any number of servers with
//! the same key:
//! - one transaction is on its way at a time, written down before it is sent;
//! - what was written down is sent again as it is, never signed anew: it can be mined once;
//! - a day's transactions cost at most the day's budget (UTC);
//! - while the chain is away nothing is lost: the next anchor is of the newest checkpoint then,
//!   and covers all before it.

mod status;

use std::{sync::Arc, time::Duration};

use alloy::{
    consensus::TxEip1559,
    primitives::{Address, B256, Bytes, TxKind, U256},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_application::ports::{
    StoreUnavailable,
    anchors::{Anchor, AnchorState},
    clock::Clock,
    history_tree::{IssuedCheckpoint, IssuedCheckpoints},
};
use gage_domain::{proof::TreeHead, value::BaseUnits};
use metrics::counter;
use thiserror::Error;
use time::{OffsetDateTime, Time};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

pub use self::status::{AnchoringCondition, AnchoringStatus, AnchoringWaits};
use super::{
    RootAnchor, gas,
    key::{LocalKey, SigningFailed},
    node::{Node, NodeError, Receipt},
};
use crate::postgres::{AnchorTransaction, PostgresAnchorLedger, Reservation, anchor_state_name};

/// Time between looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Time between looks after something that patience may mend.
const PAUSE: Duration = Duration::from_secs(10);
/// When a transaction that is not mined is sent again.
const SEND_AGAIN_AFTER: time::Duration = time::Duration::seconds(30);

/// How anchors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchoringSettings {
    /// Blocks, its own included, after which an anchor counts as there to stay.
    pub confirmations: u64,
    /// Time from one anchor to the next, if there is something new.
    pub interval: Duration,
    /// What a day's transactions may cost, wei.
    pub daily_budget: BaseUnits,
    /// What a unit of gas may cost, wei.
    pub max_fee_per_gas: BaseUnits,
}

/// What anchoring stands on.
pub struct AnchoringParts {
    /// The chain's node.
    pub node: Node,
    /// Signs and pays.
    pub key: LocalKey,
    /// What was written, for the key's account, and where.
    pub ledger: PostgresAnchorLedger,
    /// What there is to write.
    pub issued: Arc<dyn IssuedCheckpoints>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Writes anchors until it is stopped.
pub struct Anchoring {
    parts: AnchoringParts,
    settings: AnchoringSettings,
    status: AnchoringStatus,
}

/// Why nothing is written for now.
#[derive(Debug, Error)]
enum Fault {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("the node is on chain {found}, and anchors are for chain {expected}")]
    OtherChain { expected: u64, found: u64 },
    #[error("there is no contract for anchors at {0} (GAGE_ANCHOR_CONTRACT)")]
    NoContract(Address),
    #[error("a unit of gas costs {fee} wei, at most {most} are allowed")]
    TooDear { fee: U256, most: BaseUnits },
    #[error("the day's budget of {budget} wei does not cover another {most} wei")]
    OverBudget { budget: BaseUnits, most: BaseUnits },
    #[error("the account {account} holds {balance} wei, {most} are needed")]
    OutOfFunds {
        account: Address,
        balance: U256,
        most: U256,
    },
    #[error("the node did not take the transaction: {0}")]
    NotTaken(NodeError),
    #[error("the contract has another root for {0} leaves, or refuses: {1}")]
    ContractRefuses(u64, String),
}

impl Fault {
    fn class(&self) -> AnchoringWaits {
        match self {
            Self::Node(_) => AnchoringWaits::Node,
            Self::Store(_) => AnchoringWaits::Store,
            Self::Signing(_) => AnchoringWaits::Key,
            Self::OtherChain { .. } | Self::NoContract(_) => AnchoringWaits::OtherChain,
            Self::TooDear { .. } => AnchoringWaits::Fees,
            Self::OverBudget { .. } => AnchoringWaits::Budget,
            Self::OutOfFunds { .. } => AnchoringWaits::Funds,
            Self::NotTaken(_) | Self::ContractRefuses(..) => AnchoringWaits::NotTaken,
        }
    }
}

impl Anchoring {
    /// Anchoring that has not begun. Nothing is asked of the node yet.
    pub fn new(parts: AnchoringParts, settings: AnchoringSettings) -> Self {
        let status = AnchoringStatus::default();
        Self {
            parts,
            settings,
            status,
        }
    }

    /// How it fares, also while it runs.
    pub fn status(&self) -> AnchoringStatus {
        self.status.clone()
    }

    /// Writes until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            // A turn that is cut off has written down what it sent.
            let pause = select! {
                biased;
                () = stop.cancelled() => return,
                turn = self.turn() => self.after(turn),
            };
            select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    fn after(&self, turn: Result<(), Fault>) -> Duration {
        match turn {
            Ok(()) => {
                self.status.fares(AnchoringCondition::Working);
                LOOK_EVERY.min(self.settings.interval)
            }
            Err(fault) => {
                let waits = AnchoringCondition::Waiting(fault.class());
                if self.status.fares(waits) {
                    tracing::warn!(%fault, "no anchor is written");
                }
                PAUSE.min(self.settings.interval)
            }
        }
    }

    async fn turn(&self) -> Result<(), Fault> {
        let now = self.parts.clock.now();
        let expected = self.parts.ledger.place().chain_id;
        let found = self.parts.node.chain_id().await?;
        if found != expected {
            return Err(Fault::OtherChain { expected, found });
        }
        if let Some(sent) = self.parts.ledger.on_its_way().await? {
            return self.look_after(&sent, now).await;
        }
        if let Some(checkpoint) = self.due(now).await? {
            self.write(checkpoint.signed.head, now).await?;
        }
        Ok(())
    }

    /// The newest checkpoint, if it is time for it and it says more than the last anchor.
    async fn due(&self, now: OffsetDateTime) -> Result<Option<IssuedCheckpoint>, Fault> {
        let newest = self.parts.issued.latest().await?;
        let last = self.parts.ledger.last_confirmed().await?;
        Ok(newest.filter(|newest| match &last {
            None => true,
            Some(last) => {
                now - last.sent_at >= self.settings.interval
                    && newest.signed.head.size != last.head.size
            }
        }))
    }

    /// Sees what became of a transaction that was sent.
    async fn look_after(&self, sent: &AnchorTransaction, now: OffsetDateTime) -> Result<(), Fault> {
        // One node: another may know the nonce's use and not yet the receipt.
        let node = self.parts.node.one();
        let tx_hash = sent.anchor.tx_hash;
        if let Some(receipt) = node.receipt(tx_hash).await? {
            let depth = node
                .head()
                .await?
                .number
                .saturating_sub(receipt.block_number)
                + 1;
            return self.mined(&sent.anchor, &receipt, depth, now).await;
        }
        // Without a receipt, a nonce that is used was used by another transaction.
        if node.mined_nonce(self.parts.key.address()).await? > sent.nonce
            && node.receipt(tx_hash).await?.is_none()
        {
            let nothing = Some(BaseUnits::ZERO);
            return self
                .note(&sent.anchor, AnchorState::Lost, nothing, now)
                .await;
        }
        let is_new = matches!(
            sent.anchor.state,
            AnchorState::Pending | AnchorState::Mined { .. }
        );
        if is_new || now - sent.anchor.sent_at > SEND_AGAIN_AFTER {
            // A node that still has it says so with an error.
            match node.send(sent.raw.clone().into()).await {
                Ok(_) => {
                    self.note(&sent.anchor, AnchorState::Sent, None, now)
                        .await?;
                }
                Err(error) => tracing::debug!(%tx_hash, %error, "sent again"),
            }
        }
        Ok(())
    }

    async fn mined(
        &self,
        anchor: &Anchor,
        receipt: &Receipt,
        depth: u64,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        let block = receipt.block_number;
        let price = receipt.effective_gas_price.unwrap_or_default();
        let cost = BaseUnits(price.saturating_mul(receipt.gas_used.unwrap_or_default()));
        let state = match receipt.status {
            _ if depth < self.settings.confirmations => AnchorState::Mined { block },
            Some(1) => AnchorState::Confirmed { block },
            _ => AnchorState::Reverted,
        };
        self.note(anchor, state, Some(cost), now).await
    }

    async fn note(
        &self,
        anchor: &Anchor,
        state: AnchorState,
        cost: Option<BaseUnits>,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        if anchor.state == state {
            return Ok(());
        }
        self.parts
            .ledger
            .note(anchor.tx_hash, state, cost, now)
            .await?;
        counter!("gage_anchors_total", "state" => anchor_state_name(state)).increment(1);
        if let AnchorState::Confirmed { block } = state {
            let TreeHead { size, .. } = anchor.head;
            tracing::info!(size, block, tx_hash = %anchor.tx_hash, "the tree is anchored");
        }
        Ok(())
    }

    async fn write(&self, head: TreeHead, now: OffsetDateTime) -> Result<(), Fault> {
        let (node, place) = (&self.parts.node, self.parts.ledger.place());
        if node.code(place.contract).await?.is_empty() {
            return Err(Fault::NoContract(place.contract));
        }
        let account = self.parts.key.address();
        let call = RootAnchor::anchorCall {
            size: head.size,
            root: head.root,
        };
        let data = Bytes::from(call.abi_encode());
        let gas_limit = self
            .gas_limit(place.contract, data.clone(), head, now)
            .await?;
        let (fees, nonce, balance) = tokio::try_join!(
            gas::fees(node),
            node.mined_nonce(account),
            node.balance(account),
        )?;
        let most_per_gas = self.settings.max_fee_per_gas;
        let fee = fees.base.saturating_add(fees.tip);
        if fee > most_per_gas.0 {
            let most = most_per_gas;
            return Err(Fault::TooDear { fee, most });
        }
        let max_fee = fees.maximum().min(most_per_gas.0);
        let most = max_fee.saturating_mul(U256::from(gas_limit));
        if balance < most {
            return Err(Fault::OutOfFunds {
                account,
                balance,
                most,
            });
        }
        let signed = self.parts.key.sign_transaction(TxEip1559 {
            chain_id: place.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: max_fee.saturating_to(),
            max_priority_fee_per_gas: fees.tip.min(max_fee).saturating_to(),
            to: TxKind::Call(place.contract),
            input: data,
            ..Default::default()
        })?;
        let transaction = AnchorTransaction {
            anchor: Anchor {
                place,
                head,
                tx_hash: signed.hash,
                state: AnchorState::Pending,
                sent_at: now,
            },
            nonce,
            raw: signed.raw.to_vec(),
        };
        self.send_once(&transaction, BaseUnits(most), now).await
    }

    async fn gas_limit(
        &self,
        contract: Address,
        data: Bytes,
        head: TreeHead,
        now: OffsetDateTime,
    ) -> Result<u64, Fault> {
        let call = TransactionRequest::default()
            .from(self.parts.key.address())
            .to(contract)
            .input(data.into());
        match gas::units(&self.parts.node, &call, now).await {
            Ok(units) => Ok(units.saturating_add(units / 5)),
            Err(NodeError::Refused {
                revert: Some(revert),
                ..
            }) => Err(Fault::ContractRefuses(head.size, revert.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a transaction down, then sends it.
    async fn send_once(
        &self,
        transaction: &AnchorTransaction,
        most: BaseUnits,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        let budget = self.settings.daily_budget;
        let since = now.replace_time(Time::MIDNIGHT);
        let ledger = &self.parts.ledger;
        match ledger.reserve(transaction, most, budget, since).await? {
            Reservation::Made => {}
            Reservation::Busy => return Ok(()),
            Reservation::OverBudget => return Err(Fault::OverBudget { budget, most }),
        }
        let anchor = &transaction.anchor;
        match self.parts.node.send(transaction.raw.clone().into()).await {
            Ok(_) => self.note(anchor, AnchorState::Sent, None, now).await,
            Err(error @ NodeError::Refused { .. }) => {
                let nothing = Some(BaseUnits::ZERO);
                self.note(anchor, AnchorState::Refused, nothing, now)
                    .await?;
                Err(Fault::NotTaken(error))
            }
            // It may have been taken: it is looked after as if it was.
            Err(error) => Err(error.into()),
        }
    }
}

/// What a chain says of an anchor, through any node of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnchorOnChain {
    /// The chain that the node is on.
    pub chain_id: u64,
    /// The root that the contract remembers; none when it remembers none.
    pub root: Option<B256>,
    /// The block of the transaction; none when the node does not know it.
    pub block: Option<u64>,
}

/// Asks a node what its chain says of an anchor.
///
/// # Errors
/// [`NodeError`].
pub async fn anchor_on_chain(
    node: &Node,
    contract: Address,
    publisher: Address,
    size: u64,
    tx_hash: B256,
) -> Result<AnchorOnChain, NodeError> {
    let question = RootAnchor::rootOfCall { publisher, size };
    let answer = node.call(contract, question.abi_encode().into()).await?;
    let root = RootAnchor::rootOfCall::abi_decode_returns(&answer).unwrap_or_default();
    let receipt = node.receipt(tx_hash).await?;
    Ok(AnchorOnChain {
        chain_id: node.chain_id().await?,
        root: (!root.is_zero()).then_some(root),
        block: receipt.map(|receipt| receipt.block_number),
    })
}
