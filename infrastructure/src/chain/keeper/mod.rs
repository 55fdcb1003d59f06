//! The keeper: releases to the seller what nobody disputed when the hold time is over, so that a
//! buyer's silence is an answer.
//!
//! It has a key and a budget of its own and no rights: what it sends anyone may send, and the
//! contract decides. Invariants, over restarts and any number of keepers with the same key:
//! - one transaction is on its way at a time, written down before it is sent;
//! - what was written down is sent again as it is, never signed anew: it can be mined once;
//! - a day's transactions cost at most the day's budget (UTC).

mod status;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use alloy::{
    consensus::TxEip1559,
    primitives::{Address, B256, Bytes, TxKind, U256},
    rpc::types::TransactionRequest,
    sol_types::SolCall,
};
use gage_application::ports::{
    StoreUnavailable,
    clock::Clock,
    due_releases::{DueRelease, DueReleases},
};
use gage_domain::{
    ids::PaymentId,
    payment::{Demand, Terms},
    value::BaseUnits,
};
use metrics::counter;
use thiserror::Error;
use time::{OffsetDateTime, Time};
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

pub use self::status::{KeeperCondition, KeeperStatus, KeeperWaits};
use super::{
    ShopEscrow::paymentsCall,
    gas::{self, Fees},
    key::{LocalKey, SignedTransaction, SigningFailed},
    node::{Node, NodeError, Receipt},
    wallet_call::demand_call,
};
use crate::postgres::{KeeperOutcome, KeeperTransaction, PostgresKeeperLedger, Reservation};

/// Time between looks.
const INTERVAL: Duration = Duration::from_secs(2);
/// Time between looks after something that patience may mend.
const PAUSE: Duration = Duration::from_secs(30);
/// When a transaction that is not mined is sent again.
const SEND_AGAIN_AFTER: time::Duration = time::Duration::seconds(30);
/// When a transaction that is not mined is told to the operator.
const STUCK_AFTER: time::Duration = time::Duration::minutes(10);
/// How far our clock may be ahead of the chain's.
const CLOCKS_DIFFER: time::Duration = time::Duration::seconds(10);
/// Less gas than any release takes: some 61,000 were measured.
const LEAST_GAS_UNITS: u64 = 40_000;
/// Payments that are looked at in one go.
const BATCH: u32 = 50;

/// How the keeper may act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeeperSettings {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// What a day's transactions may cost, wei.
    pub daily_budget: BaseUnits,
    /// What a unit of gas may cost, wei.
    pub max_fee_per_gas: BaseUnits,
    /// What is worth a release.
    pub minimum: Minimum,
}

/// The least that is worth the gas of a release: whoever sells to himself for next to nothing
/// must not spend the day's budget.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Minimum {
    /// Of the chain's own coin, wei; when it is not said, what the release itself may cost.
    pub coin: Option<BaseUnits>,
    /// Of tokens, base units. What a token is worth only the operator knows: the keeper leaves
    /// those that are not here alone.
    pub tokens: HashMap<Address, BaseUnits>,
}

impl Minimum {
    /// Whether so much of a token is worth a release that may cost so much.
    fn is_reached(&self, token: Address, held: BaseUnits, cost: BaseUnits) -> bool {
        let least = if token.is_zero() {
            Some(self.coin.unwrap_or(cost))
        } else {
            self.tokens.get(&token).copied()
        };
        least.is_some_and(|least| held >= least)
    }
}

/// A release that could be sent.
struct Release<'t> {
    terms: &'t Terms,
    held: BaseUnits,
    data: Bytes,
    gas_units: u64,
}

/// What the keeper stands on.
pub struct KeeperParts {
    /// The chain's node.
    pub node: Node,
    /// Signs and pays.
    pub key: LocalKey,
    /// What was sent, for the key's account on the same chain.
    pub ledger: PostgresKeeperLedger,
    /// What may be due.
    pub due: Arc<dyn DueReleases>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Releases until it is stopped.
pub struct Keeper {
    parts: KeeperParts,
    settings: KeeperSettings,
    status: KeeperStatus,
}

/// Why nothing is sent for now.
#[derive(Debug, Error)]
enum Fault {
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error(transparent)]
    Store(#[from] StoreUnavailable),
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    #[error("the node is on chain {found}, and chain {expected} is configured (GAGE_CHAIN_ID)")]
    OtherChain { expected: u64, found: u64 },
    #[error("a unit of gas costs {fee} wei, at most {most} are allowed")]
    TooDear { fee: U256, most: BaseUnits },
    #[error("the day's budget of {budget} wei does not cover another {most} wei")]
    OverBudget { budget: BaseUnits, most: BaseUnits },
    #[error("the keeper's account {account} holds {balance} wei, {most} are needed")]
    OutOfFunds {
        account: Address,
        balance: U256,
        most: U256,
    },
    #[error("the node did not take the transaction: {0}")]
    NotTaken(NodeError),
    #[error("transaction {tx_hash} is not mined since {since}")]
    Stuck {
        tx_hash: B256,
        since: OffsetDateTime,
    },
}

impl Fault {
    fn class(&self) -> KeeperWaits {
        match self {
            Self::Node(_) => KeeperWaits::Node,
            Self::Store(_) => KeeperWaits::Store,
            Self::Signing(_) => KeeperWaits::Key,
            Self::OtherChain { .. } => KeeperWaits::OtherChain,
            Self::TooDear { .. } => KeeperWaits::Fees,
            Self::OverBudget { .. } => KeeperWaits::Budget,
            Self::OutOfFunds { .. } => KeeperWaits::Funds,
            Self::NotTaken(_) => KeeperWaits::NotTaken,
            Self::Stuck { .. } => KeeperWaits::Stuck,
        }
    }
}

/// What came of looking at a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looked {
    /// There is nothing to do: the contract says so, and the read model will follow.
    NothingToDo,
    /// It is worth less than its release.
    TooLittle,
    /// Its release is on its way, or another replica's transaction is.
    OnItsWay,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Keeper {
    /// A keeper. Nothing is asked of the node yet.
    pub fn new(parts: KeeperParts, settings: KeeperSettings) -> Self {
        Self {
            status: KeeperStatus::new(settings.chain_id, settings.daily_budget),
            parts,
            settings,
        }
    }

    /// How it fares, also while it runs.
    pub fn status(&self) -> KeeperStatus {
        self.status.clone()
    }

    /// Releases until `stop`.
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
                self.status.fares(KeeperCondition::Working);
                INTERVAL
            }
            Err(fault) => {
                if self.status.fares(KeeperCondition::Waiting(fault.class())) {
                    tracing::warn!(%fault, "the keeper waits");
                }
                PAUSE
            }
        }
    }

    async fn turn(&self) -> Result<(), Fault> {
        let (found, expected) = (self.parts.node.chain_id().await?, self.settings.chain_id);
        if found != expected {
            return Err(Fault::OtherChain { expected, found });
        }
        let now = self.parts.clock.now();
        let spent = self.parts.ledger.spent_since(day_of(now)).await?;
        self.status.spent(spent);
        if let Some(sent) = self.parts.ledger.on_its_way().await?
            && self.look_after(&sent, now).await? == Looked::OnItsWay
        {
            return Ok(());
        }
        let (mut after, mut too_little) = (None, 0_u64);
        let mut least_cost = None;
        loop {
            let due = self
                .parts
                .due
                .due(self.settings.chain_id, now, after, BATCH)
                .await?;
            let more = due.len() >= usize::try_from(BATCH).unwrap_or(usize::MAX);
            let last = due.last().map(|due| (due.hold_ends, due.terms.order));
            for due in due {
                let cost = match least_cost {
                    Some(cost) => cost,
                    None => *least_cost.insert(self.least_cost().await?),
                };
                match self.look_at(&due, cost, now).await? {
                    Looked::OnItsWay => return Ok(()),
                    Looked::TooLittle => too_little += 1,
                    Looked::NothingToDo => {}
                }
            }
            if !more {
                self.status.leaves_alone(too_little);
                return Ok(());
            }
            after = last;
        }
    }

    /// Sees what became of a transaction that was sent.
    async fn look_after(
        &self,
        sent: &KeeperTransaction,
        now: OffsetDateTime,
    ) -> Result<Looked, Fault> {
        // One node: another may know the nonce's use and not yet the receipt.
        let node = self.parts.node.one();
        if let Some(receipt) = node.receipt(sent.tx_hash).await? {
            let outcome = match receipt.status {
                Some(1) => KeeperOutcome::Released,
                _ => KeeperOutcome::Reverted,
            };
            self.settle(sent, outcome, cost_of(&receipt), now).await?;
            return Ok(Looked::NothingToDo);
        }
        // Without a receipt, a nonce that is used was used by another transaction.
        if node.mined_nonce(self.parts.key.address()).await? > sent.nonce
            && node.receipt(sent.tx_hash).await?.is_none()
        {
            self.settle(sent, KeeperOutcome::Lost, BaseUnits::ZERO, now)
                .await?;
            return Ok(Looked::NothingToDo);
        }
        if now - sent.sent_at > SEND_AGAIN_AFTER {
            // A node that still has it says so with an error.
            if let Err(error) = node.send(sent.raw.clone().into()).await {
                tracing::debug!(tx_hash = %sent.tx_hash, %error, "sent again");
            }
        }
        if now - sent.sent_at > STUCK_AFTER {
            return Err(Fault::Stuck {
                tx_hash: sent.tx_hash,
                since: sent.sent_at,
            });
        }
        Ok(Looked::OnItsWay)
    }

    /// Releases a payment if the contract holds something of it that anyone may release.
    async fn look_at(
        &self,
        due: &DueRelease,
        least_cost: BaseUnits,
        now: OffsetDateTime,
    ) -> Result<Looked, Fault> {
        let terms = &due.terms;
        if terms.chain_id != self.settings.chain_id {
            return Ok(Looked::NothingToDo);
        }
        // No more than all of it is held: what is too little costs no question.
        let minimum = &self.settings.minimum;
        if !minimum.is_reached(terms.token, terms.amount, least_cost) {
            return Ok(Looked::TooLittle);
        }
        let Some(held) = self.releasable(terms, now).await? else {
            return Ok(Looked::NothingToDo);
        };
        let data = demand_call(terms.key, Demand::Release(held));
        let Some(units) = self.gas_units(terms, data.clone(), now).await? else {
            return Ok(Looked::NothingToDo);
        };
        let release = Release {
            terms,
            held,
            data,
            gas_units: units,
        };
        self.send(release, now).await
    }

    /// Gas that the call needs; none when the contract would refuse it, since somebody was faster.
    async fn gas_units(
        &self,
        terms: &Terms,
        data: Bytes,
        now: OffsetDateTime,
    ) -> Result<Option<u64>, Fault> {
        let call = TransactionRequest::default()
            .from(self.parts.key.address())
            .to(terms.escrow)
            .input(data.into());
        match gas::units(&self.parts.node, &call, now).await {
            Ok(units) => Ok(Some(units)),
            Err(NodeError::Refused {
                revert: Some(revert),
                ..
            }) => {
                tracing::debug!(order = %terms.order, %revert, "the escrow would refuse");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the contract holds of a payment and anyone may release.
    async fn releasable(
        &self,
        terms: &Terms,
        now: OffsetDateTime,
    ) -> Result<Option<BaseUnits>, Fault> {
        let node = &self.parts.node;
        let question = paymentsCall { key: terms.key };
        let answer = node
            .call(terms.escrow, question.abi_encode().into())
            .await?;
        let Ok(payment) = paymentsCall::abi_decode_returns(&answer) else {
            // No contract of ours stands there any more: one payment must not hold up all.
            tracing::debug!(order = %terms.order, escrow = %terms.escrow, "no escrow answers");
            return Ok(None);
        };
        let held = payment
            .funded
            .checked_sub(payment.released)
            .and_then(|rest| rest.checked_sub(payment.refunded))
            .filter(|held| *held > 0 && payment.disputedAt == 0);
        let Some(held) = held else {
            return Ok(None);
        };
        let hold_ends = payment.paidAt.saturating_add(payment.holdSeconds);
        let surely = (now - CLOCKS_DIFFER).unix_timestamp().max(0).unsigned_abs();
        let over = hold_ends <= surely || hold_ends <= node.head().await?.timestamp;
        Ok(over.then(|| BaseUnits(U256::from(held))))
    }

    async fn send(&self, release: Release<'_>, now: OffsetDateTime) -> Result<Looked, Fault> {
        let Release {
            terms,
            held,
            data,
            gas_units,
        } = release;
        let node = &self.parts.node;
        let account = self.parts.key.address();
        let (fees, nonce, balance) = tokio::try_join!(
            gas::fees(node),
            node.mined_nonce(account),
            node.balance(account),
        )?;
        // What is estimated may be more when it is mined: others move their money too.
        let gas_limit = gas_units.saturating_add(gas_units / 5);
        let cost_at = |fee: U256| fee.saturating_mul(U256::from(gas_limit));
        let cost = BaseUnits(cost_at(self.at_most(fees)));
        if !self.settings.minimum.is_reached(terms.token, held, cost) {
            tracing::debug!(order = %terms.order, %held, "too little for a release");
            return Ok(Looked::TooLittle);
        }
        let max_fee = self.affordable(fees)?;
        let most = cost_at(max_fee);
        if balance < most {
            return Err(Fault::OutOfFunds {
                account,
                balance,
                most,
            });
        }
        let signed = self.parts.key.sign_transaction(TxEip1559 {
            chain_id: self.settings.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: max_fee.saturating_to(),
            max_priority_fee_per_gas: fees.tip.min(max_fee).saturating_to(),
            to: TxKind::Call(terms.escrow),
            input: data,
            ..Default::default()
        })?;
        self.send_once(terms, &signed, nonce, BaseUnits(most), now)
            .await
    }

    /// Writes a transaction down, then sends it.
    async fn send_once(
        &self,
        terms: &Terms,
        signed: &SignedTransaction,
        nonce: u64,
        most: BaseUnits,
        now: OffsetDateTime,
    ) -> Result<Looked, Fault> {
        let transaction = KeeperTransaction {
            tx_hash: signed.hash,
            nonce,
            raw: signed.raw.to_vec(),
            payment: PaymentId::from(terms.order),
            sent_at: now,
        };
        let budget = self.settings.daily_budget;
        let reserved = self
            .parts
            .ledger
            .reserve(&transaction, most, budget, day_of(now))
            .await?;
        match reserved {
            Reservation::Made => {}
            Reservation::Busy => return Ok(Looked::OnItsWay),
            Reservation::OverBudget => return Err(Fault::OverBudget { budget, most }),
        }
        match self.parts.node.send(signed.raw.clone()).await {
            Ok(_) => {
                tracing::info!(order = %terms.order, tx_hash = %signed.hash, "released after the hold time");
                Ok(Looked::OnItsWay)
            }
            Err(error @ NodeError::Refused { .. }) => {
                self.settle(&transaction, KeeperOutcome::Refused, BaseUnits::ZERO, now)
                    .await?;
                Err(Fault::NotTaken(error))
            }
            // It may have been taken: it is looked after as if it was.
            Err(error) => Err(error.into()),
        }
    }

    async fn settle(
        &self,
        transaction: &KeeperTransaction,
        outcome: KeeperOutcome,
        cost: BaseUnits,
        now: OffsetDateTime,
    ) -> Result<(), Fault> {
        self.parts
            .ledger
            .settle(transaction.tx_hash, outcome, cost, now)
            .await?;
        let chain = self.settings.chain_id.to_string();
        counter!("gage_keeper_transactions_total", "chain" => chain, "outcome" => outcome.name())
            .increment(1);
        Ok(())
    }

    /// The most that a unit of gas may cost: what gets it mined soon, within the bound.
    fn affordable(&self, fees: Fees) -> Result<U256, Fault> {
        let most = self.settings.max_fee_per_gas;
        let fee = fees.base.saturating_add(fees.tip);
        if fee > most.0 {
            return Err(Fault::TooDear { fee, most });
        }
        Ok(self.at_most(fees))
    }

    fn at_most(&self, fees: Fees) -> U256 {
        fees.maximum().min(self.settings.max_fee_per_gas.0)
    }

    /// What any release costs now, and most cost more.
    async fn least_cost(&self) -> Result<BaseUnits, Fault> {
        let fees = gas::fees(&self.parts.node).await?;
        let units = U256::from(LEAST_GAS_UNITS);
        Ok(BaseUnits(self.at_most(fees).saturating_mul(units)))
    }
}

/// The beginning of the day (UTC).
fn day_of(now: OffsetDateTime) -> OffsetDateTime {
    now.replace_time(Time::MIDNIGHT)
}

/// What a mined transaction cost, wei.
fn cost_of(receipt: &Receipt) -> BaseUnits {
    let price = receipt.effective_gas_price.unwrap_or_default();
    BaseUnits(price.saturating_mul(receipt.gas_used.unwrap_or_default()))
}
