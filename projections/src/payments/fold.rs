//! What events make of the payments' rows.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, PaymentId},
    order::OrderEvent,
    payment::{AttemptFailure, AttemptStanding, LogRef, PaymentEvent, Standing, Terms},
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::rows::{AttemptRow, DisputeRow, FundingRow, PaymentRow, SeenRow};
use crate::{
    entities::{Entities, Entity, Outcome},
    failure::ApplyError,
};

const UNFIT: &str = "the event does not fit it";

/// The rows that a batch is about.
#[derive(Default)]
pub struct Rows {
    pub(super) payments: Entities<PaymentRow>,
    pub(super) attempts: HashMap<(OrderId, B256), Attempt>,
    pub(super) notices: BTreeSet<Notice>,
}

/// A reported transaction. It keeps the report's position: attempts stand in the order of the
/// reports.
pub(super) struct Attempt {
    pub(super) row: AttemptRow,
    pub(super) reported: LogPosition,
    /// Whether it may still come to something.
    pub(super) watched: bool,
    pub(super) changed: bool,
}

impl Entity for PaymentRow {
    const TABLE: &'static str = "payments";

    fn key(&self) -> Uuid {
        self.terms.order.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Rows {
    pub(super) fn fold(&mut self, event: &Recorded) -> Result<(), ApplyError> {
        match &event.fact {
            Fact::Payment(id, happened) => {
                if self.payment(event, *id, happened)? == Outcome::Changed {
                    self.notices.insert(Notice::Order(OrderId::from(*id)));
                }
                Ok(())
            }
            // Nobody looks for that here but the keeper: nothing to tell.
            Fact::Order(id, OrderEvent::OrderShipped { .. }) => {
                let shipped = self.payments.change(id.0, event.position, |payment| {
                    payment.shipped = true;
                    Ok(())
                });
                shipped.map(drop)
            }
            Fact::Order(
                _,
                OrderEvent::OrderPlaced { .. }
                | OrderEvent::OrderPaid {}
                | OrderEvent::OrderApproved {}
                | OrderEvent::OrderRejected { .. }
                | OrderEvent::OrderCancelled {}
                | OrderEvent::OrderExpired {}
                | OrderEvent::DeliveryConfirmed {}
                | OrderEvent::OrderCompleted {}
                | OrderEvent::OrderPaymentReverted {}
                | OrderEvent::OrderRefunded {},
            )
            | Fact::Shop(..)
            | Fact::Product(..)
            | Fact::Inventory(..)
            | Fact::Payout(..) => Ok(()),
        }
    }

    fn payment(
        &mut self,
        event: &Recorded,
        id: PaymentId,
        happened: &PaymentEvent,
    ) -> Result<Outcome, ApplyError> {
        let order = OrderId::from(id);
        let payments = &mut self.payments;
        let mut change = |change: &dyn Fn(&mut PaymentRow) -> Result<(), &'static str>| {
            payments.change(id.0, event.position, change)
        };
        match happened {
            PaymentEvent::PaymentRequested { terms, conversion } => {
                payments.add(requested(event, terms, conversion.as_deref()))
            }
            PaymentEvent::AttemptReported { tx_hash, nonce, by } => {
                let outcome = change(&|_| Ok(()))?;
                let attempt = AttemptRow {
                    tx_hash: *tx_hash,
                    nonce: *nonce,
                    by: *by,
                    reported_at: event.metadata.decided_at,
                    standing: AttemptStanding::Pending,
                };
                self.report(order, event.position, attempt, outcome)
            }
            PaymentEvent::AttemptFailed { tx_hash, reason } => {
                let outcome = change(&|_| Ok(()))?;
                self.fail(order, *tx_hash, *reason, outcome)
            }
            PaymentEvent::PaymentDetected {
                log,
                payer,
                amount,
                mined_at,
            } => {
                let seen = SeenRow {
                    log: *log,
                    payer: *payer,
                    amount: *amount,
                    // Never too early: a log is seen after its block was made.
                    paid_at: mined_at.unwrap_or(event.metadata.decided_at),
                };
                change(&|payment| payment.funding.detect(seen))
            }
            PaymentEvent::PaymentConfirmed { log, confirmations } => {
                let outcome = change(&|payment| payment.funding.confirm(log, *confirmations))?;
                Ok(self.watch(order, log.tx_hash, false, outcome))
            }
            PaymentEvent::PaymentReverted { log } => {
                let outcome = change(&|payment| payment.funding.revert(log))?;
                Ok(self.watch(order, log.tx_hash, true, outcome))
            }
            PaymentEvent::PaymentExpired { reason } => change(&|payment| match payment.standing {
                Standing::Awaited => {
                    payment.standing = Standing::Closed(*reason);
                    Ok(())
                }
                Standing::Closed(_) => Err(UNFIT),
            }),
            PaymentEvent::FundsReleased { amount, .. } => {
                change(&|payment| payment.funding.pay_out(*amount, BaseUnits::ZERO))
            }
            PaymentEvent::FundsRefunded { amount, .. } => {
                change(&|payment| payment.funding.pay_out(BaseUnits::ZERO, *amount))
            }
            PaymentEvent::DisputeOpened { by, mined_at, .. } => {
                let dispute = dispute(event, order, *by, *mined_at);
                change(&|payment| payment.funding.open_dispute(dispute))
            }
            PaymentEvent::ReleaseReverted { .. }
            | PaymentEvent::RefundReverted { .. }
            | PaymentEvent::DisputeReverted { .. } => {
                change(&|payment| payment.funding.take_back(happened))
            }
        }
    }

    fn report(
        &mut self,
        order: OrderId,
        reported: LogPosition,
        row: AttemptRow,
        outcome: Outcome,
    ) -> Result<Outcome, ApplyError> {
        if outcome == Outcome::Changed {
            let tx_hash = row.tx_hash;
            match self.attempts.entry((order, tx_hash)) {
                Entry::Vacant(place) => place.insert(Attempt {
                    row,
                    reported,
                    watched: true,
                    changed: true,
                }),
                Entry::Occupied(_) => {
                    return Err(impossible(order, tx_hash, "it is there already"));
                }
            };
        }
        Ok(outcome)
    }

    fn fail(
        &mut self,
        order: OrderId,
        tx_hash: B256,
        failure: AttemptFailure,
        outcome: Outcome,
    ) -> Result<Outcome, ApplyError> {
        if outcome == Outcome::Changed {
            let Some(attempt) = self.attempts.get_mut(&(order, tx_hash)) else {
                return Err(impossible(order, tx_hash, "the attempt was never reported"));
            };
            attempt.row.standing = AttemptStanding::Failed(failure);
            attempt.watched = match failure {
                AttemptFailure::Dropped => true,
                AttemptFailure::Reverted | AttemptFailure::Replaced => false,
            };
            attempt.changed = true;
        }
        Ok(outcome)
    }

    /// What pays needs no watching, until it is taken back. Most that pay were reported, not all.
    fn watch(&mut self, order: OrderId, tx_hash: B256, watched: bool, outcome: Outcome) -> Outcome {
        if outcome == Outcome::Changed
            && let Some(attempt) = self.attempts.get_mut(&(order, tx_hash))
        {
            attempt.watched = watched;
            attempt.changed = true;
        }
        outcome
    }
}

impl FundingRow {
    fn detect(&mut self, seen: SeenRow) -> Result<(), &'static str> {
        let Self::None = self else { return Err(UNFIT) };
        *self = Self::Detected(seen);
        Ok(())
    }

    fn confirm(&mut self, log: &LogRef, confirmations: u64) -> Result<(), &'static str> {
        match *self {
            Self::Detected(seen) if is_same(log, &seen.log) => {
                *self = Self::Confirmed {
                    seen,
                    confirmations,
                    released: BaseUnits::ZERO,
                    refunded: BaseUnits::ZERO,
                    dispute: None,
                };
                Ok(())
            }
            Self::None | Self::Detected(_) | Self::Confirmed { .. } => Err(UNFIT),
        }
    }

    /// Nothing stands any more: what came after the payment is gone with its block.
    fn revert(&mut self, log: &LogRef) -> Result<(), &'static str> {
        match self.seen() {
            Some(seen) if is_same(log, &seen.log) => {
                *self = Self::None;
                Ok(())
            }
            Some(_) | None => Err(UNFIT),
        }
    }

    fn pay_out(&mut self, to_seller: BaseUnits, to_buyer: BaseUnits) -> Result<(), &'static str> {
        let Self::Confirmed {
            seen,
            released,
            refunded,
            ..
        } = self
        else {
            return Err(UNFIT);
        };
        let more = (
            released.checked_add(to_seller),
            refunded.checked_add(to_buyer),
        );
        match more {
            (Some(to_seller), Some(to_buyer))
                if to_seller
                    .checked_add(to_buyer)
                    .is_some_and(|sum| sum <= seen.amount) =>
            {
                (*released, *refunded) = (to_seller, to_buyer);
                Ok(())
            }
            _ => Err("payments_value: more left the escrow than was paid"),
        }
    }

    /// What came after the payment is gone: what had left is held again, a dispute is closed.
    fn take_back(&mut self, gone: &PaymentEvent) -> Result<(), &'static str> {
        let Self::Confirmed {
            released,
            refunded,
            dispute,
            ..
        } = self
        else {
            return Err(UNFIT);
        };
        match gone {
            PaymentEvent::ReleaseReverted { amount, .. } => {
                *released = released.checked_sub(*amount).ok_or(UNFIT)?;
            }
            PaymentEvent::RefundReverted { amount, .. } => {
                *refunded = refunded.checked_sub(*amount).ok_or(UNFIT)?;
            }
            _ => *dispute = None,
        }
        Ok(())
    }

    /// The first party that asked stays.
    fn open_dispute(&mut self, opened: DisputeRow) -> Result<(), &'static str> {
        let Self::Confirmed { dispute, .. } = self else {
            return Err(UNFIT);
        };
        dispute.get_or_insert(opened);
        Ok(())
    }
}

/// A payment that was just asked for.
fn requested(event: &Recorded, terms: &Terms, conversion: Option<&Conversion>) -> PaymentRow {
    PaymentRow {
        terms: terms.clone(),
        conversion: conversion.cloned(),
        standing: Standing::Awaited,
        funding: FundingRow::None,
        attempts: vec![],
        shipped: false,
        requested_at: event.metadata.decided_at,
        position: event.position,
    }
}

/// The dispute that an event opens.
fn dispute(
    event: &Recorded,
    order: OrderId,
    by: Address,
    mined_at: Option<OffsetDateTime>,
) -> DisputeRow {
    DisputeRow {
        order,
        by,
        opened_at: mined_at.unwrap_or(event.metadata.decided_at),
        opened: event.position,
    }
}

/// Whether two logs of one chain are the same.
fn is_same(log: &LogRef, other: &LogRef) -> bool {
    (log.block_hash, log.log_index) == (other.block_hash, other.log_index)
}

fn impossible(order: OrderId, tx_hash: B256, reason: &'static str) -> ApplyError {
    ApplyError::Impossible {
        table: "attempts",
        key: format!("{order} {tx_hash}"),
        reason,
    }
}
