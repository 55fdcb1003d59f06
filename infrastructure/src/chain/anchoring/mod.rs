//! Anchoring: size and root of the newest signed checkpoint, written to a chain at an interval.
//!
//! It has a key and a budget of its own. Invariants, over restarts and any number of servers with
//! the same key:
//! - one transaction is on its way at a time, written down before it is sent;
//! - what was written down is sent again as it is, never signed anew: it can be mined once;
//! - a day's transactions cost at most the day's budget (UTC);
//! - while the chain is away nothing is lost: the next anchor is of the newest checkpoint then,
//!   and covers all before it.

mod fault;
mod status;

use std::{sync::Arc, time::Duration};

use alloy::{
    primitives::{Address, B256, Bytes},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_application::ports::{
    anchors::{Anchor, AnchorState},
    clock::Clock,
    history_tree::{IssuedCheckpoint, IssuedCheckpoints},
};
use gage_domain::{proof::TreeHead, value::BaseUnits};
use metrics::counter;
use time::OffsetDateTime;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use self::fault::Fault;
pub use self::status::{AnchoringCondition, AnchoringStatus, AnchoringWaits};
use super::{
    RootAnchor, gas,
    key::LocalKey,
    node::{Node, NodeError, Receipt},
    sending::{Fate, Purse, SEND_AGAIN_AFTER, cost_of, day_of, fate, in_time, with_room},
};
use crate::postgres::{AnchorTransaction, PostgresAnchorLedger, Reservation, anchor_state_name};

/// Time between looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Time between looks after something that patience may mend.
const PAUSE: Duration = Duration::from_secs(10);

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
        match fate(&node, self.parts.key.address(), tx_hash, sent.nonce).await? {
            Fate::Mined(receipt) => {
                let head = node.head().await?.number;
                let depth = head.saturating_sub(receipt.block_number) + 1;
                return self.mined(&sent.anchor, &receipt, depth, now).await;
            }
            Fate::Lost => {
                let nothing = Some(BaseUnits::ZERO);
                return self
                    .note(&sent.anchor, AnchorState::Lost, nothing, now)
                    .await;
            }
            Fate::OnItsWay => {}
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
        in_time(tx_hash, sent.anchor.sent_at, now)?;
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
        let cost = cost_of(receipt);
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
        let purse = Purse::of(node, account, self.settings.max_fee_per_gas).await?;
        let offer = purse.offer(gas_limit)?;
        let call = offer.call(place.chain_id, place.contract, data);
        let signed = self.parts.key.sign_transaction(call)?;
        let transaction = AnchorTransaction {
            anchor: Anchor {
                place,
                head,
                tx_hash: signed.hash,
                state: AnchorState::Pending,
                sent_at: now,
            },
            nonce: offer.nonce,
            raw: signed.raw.to_vec(),
        };
        self.send_once(&transaction, offer.most, now).await
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
            Ok(units) => Ok(with_room(units)),
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
        let since = day_of(now);
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
