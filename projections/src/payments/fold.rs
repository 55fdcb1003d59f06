//! What events make of the payments' rows.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, PaymentId},
    payment::{AttemptFailure, AttemptStanding, LogRef, PaymentEvent, Sighting, Standing},
    value::{Address, B256, BaseUnits},
};
use uuid::Uuid;

use super::rows::{AttemptRow, FundingRow, PaymentRow};
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
        let Fact::Payment(id, happened) = &event.fact else {
            return Ok(());
        };
        if self.payment(event, *id, happened)? == Outcome::Changed {
            self.notices.insert(Notice::Order(OrderId::from(*id)));
        }
        Ok(())
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
            PaymentEvent::PaymentRequested(terms) => payments.add(PaymentRow {
                terms: terms.clone(),
                standing: Standing::Awaited,
                funding: FundingRow::None,
                attempts: vec![],
                requested_at: event.metadata.decided_at,
                position: event.position,
            }),
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
            PaymentEvent::PaymentDetected { log, payer, amount } => {
                let sighting = Sighting {
                    log: *log,
                    payer: *payer,
                    amount: *amount,
                };
                change(&|payment| payment.funding.detect(sighting))
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
            PaymentEvent::DisputeOpened { by, .. } => {
                change(&|payment| payment.funding.dispute(*by))
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
    fn detect(&mut self, sighting: Sighting) -> Result<(), &'static str> {
        let Self::None = self else { return Err(UNFIT) };
        *self = Self::Detected(sighting);
        Ok(())
    }

    fn confirm(&mut self, log: &LogRef, confirmations: u64) -> Result<(), &'static str> {
        match *self {
            Self::Detected(sighting) if is_same(log, &sighting.log) => {
                *self = Self::Confirmed {
                    sighting,
                    confirmations,
                    released: BaseUnits::ZERO,
                    refunded: BaseUnits::ZERO,
                    disputed_by: None,
                };
                Ok(())
            }
            Self::None | Self::Detected(_) | Self::Confirmed { .. } => Err(UNFIT),
        }
    }

    /// Nothing stands any more: what came after the payment is gone with its block.
    fn revert(&mut self, log: &LogRef) -> Result<(), &'static str> {
        match self.sighting() {
            Some(sighting) if is_same(log, &sighting.log) => {
                *self = Self::None;
                Ok(())
            }
            Some(_) | None => Err(UNFIT),
        }
    }

    fn pay_out(&mut self, to_seller: BaseUnits, to_buyer: BaseUnits) -> Result<(), &'static str> {
        let Self::Confirmed {
            sighting,
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
                    .is_some_and(|sum| sum <= sighting.amount) =>
            {
                (*released, *refunded) = (to_seller, to_buyer);
                Ok(())
            }
            _ => Err("payments_value: more left the escrow than was paid"),
        }
    }

    /// The first party that asked stays.
    fn dispute(&mut self, by: Address) -> Result<(), &'static str> {
        let Self::Confirmed { disputed_by, .. } = self else {
            return Err(UNFIT);
        };
        disputed_by.get_or_insert(by);
        Ok(())
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
