//! The keeper: releases to the seller what nobody disputed when the hold time is over, so that a
//! buyer's silence is an answer.
//!
//! It has a key and a budget of its own and no rights: what it sends anyone may send, and the
//! contract decides. Invariants, over restarts and any number of keepers with the same key:
//! - one transaction is on its way at a time, written down before it is sent;
//! - what was written down is sent again as it is, never signed anew: it can be mined once;
//! - a day's transactions cost at most the day's budget (UTC).

mod contract;
mod fault;
mod settings;
mod status;

use std::{fmt, sync::Arc, time::Duration};

use alloy::primitives::{Bytes, U256};
use gage_application::ports::{
    clock::Clock,
    due_releases::{DueRelease, DueReleases},
};
use gage_domain::{
    ids::PaymentId,
    payment::{Demand, Terms},
    value::BaseUnits,
};
use metrics::counter;
use time::OffsetDateTime;
use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use self::fault::Fault;
pub use self::{
    settings::{KeeperSettings, Minimum},
    status::{KeeperCondition, KeeperStatus, KeeperWaits},
};
use super::{
    gas,
    key::{LocalKey, SignedTransaction},
    node::{Node, NodeError},
    sending::{
        Fate, Offer, Purse, SEND_AGAIN_AFTER, at_most, cost_of, day_of, fate, in_time, with_room,
    },
    wallet_call::demand_call,
};
use crate::postgres::{KeeperOutcome, KeeperTransaction, PostgresKeeperLedger, Reservation};

/// Time between looks.
const INTERVAL: Duration = Duration::from_secs(2);
/// Time between looks after something that patience may mend.
const PAUSE: Duration = Duration::from_secs(30);
/// Less gas than any release takes: some 61,000 were measured.
const LEAST_GAS_UNITS: u64 = 40_000;
/// Payments that are looked at in one go.
const BATCH: u32 = 50;

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
        let account = self.parts.key.address();
        match fate(&node, account, sent.tx_hash, sent.nonce).await? {
            Fate::Mined(receipt) => {
                let outcome = match receipt.status {
                    Some(1) => KeeperOutcome::Released,
                    _ => KeeperOutcome::Reverted,
                };
                self.settle(sent, outcome, cost_of(&receipt), now).await?;
                return Ok(Looked::NothingToDo);
            }
            Fate::Lost => {
                self.settle(sent, KeeperOutcome::Lost, BaseUnits::ZERO, now)
                    .await?;
                return Ok(Looked::NothingToDo);
            }
            Fate::OnItsWay => {}
        }
        if now - sent.sent_at > SEND_AGAIN_AFTER {
            // A node that still has it says so with an error.
            if let Err(error) = node.send(sent.raw.clone().into()).await {
                tracing::debug!(tx_hash = %sent.tx_hash, %error, "sent again");
            }
        }
        in_time(sent.tx_hash, sent.sent_at, now)?;
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

    async fn send(&self, release: Release<'_>, now: OffsetDateTime) -> Result<Looked, Fault> {
        let Release {
            terms,
            held,
            data,
            gas_units,
        } = release;
        let purse = self.purse().await?;
        // What is estimated may be more when it is mined: others move their money too.
        let gas_limit = with_room(gas_units);
        let cost = purse.cost(gas_limit);
        if !self.settings.minimum.is_reached(terms.token, held, cost) {
            tracing::debug!(order = %terms.order, %held, "too little for a release");
            return Ok(Looked::TooLittle);
        }
        let offer = purse.offer(gas_limit)?;
        let call = offer.call(self.settings.chain_id, terms.escrow, data);
        let signed = self.parts.key.sign_transaction(call)?;
        self.send_once(terms, &signed, &offer, now).await
    }

    async fn purse(&self) -> Result<Purse, NodeError> {
        let (account, most) = (self.parts.key.address(), self.settings.max_fee_per_gas);
        Purse::of(&self.parts.node, account, most).await
    }

    /// Writes a transaction down, then sends it.
    async fn send_once(
        &self,
        terms: &Terms,
        signed: &SignedTransaction,
        offer: &Offer,
        now: OffsetDateTime,
    ) -> Result<Looked, Fault> {
        let most = offer.most;
        let transaction = KeeperTransaction {
            tx_hash: signed.hash,
            nonce: offer.nonce,
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

    /// What any release costs now, and most cost more.
    async fn least_cost(&self) -> Result<BaseUnits, Fault> {
        let fees = gas::fees(&self.parts.node).await?;
        let (units, bound) = (U256::from(LEAST_GAS_UNITS), self.settings.max_fee_per_gas);
        Ok(BaseUnits(at_most(fees, bound).saturating_mul(units)))
    }
}
