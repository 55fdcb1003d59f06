//! What happened to a payment, beside what its aggregate keeps.

use gage_domain::{
    payment::{AttemptFailure, PaymentEvent},
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};
use time::OffsetDateTime;

use crate::{event::Recorded, position::LogPosition};

/// What happened to the payment, beside its state.
#[derive(Debug, Clone, Default)]
pub(super) struct Paid {
    pub(super) requested_at: Option<OffsetDateTime>,
    pub(super) conversion: Option<Box<Conversion>>,
    pub(super) seen_at: Option<OffsetDateTime>,
    pub(super) confirmations: Option<u64>,
    pub(super) dispute: Option<(Address, OffsetDateTime, LogPosition)>,
    pub(super) shipped: bool,
    /// The last event that concerns it.
    pub(super) last: LogPosition,
    /// The last event that moved its money.
    pub(super) money: LogPosition,
    /// The last event that changed the seller's account.
    pub(super) moved_seller: Option<LogPosition>,
    /// The last event that changed the buyer's account.
    pub(super) moved_buyer: Option<LogPosition>,
    pub(super) attempts: Vec<Attempted>,
    /// What was seen on the chain; funded once it is confirmed.
    pub(super) seen: BaseUnits,
    /// The money by plain sums, with nothing of what the aggregate makes of it.
    pub(super) sums: Sums,
}

/// A reported transaction, beside what the aggregate knows.
#[derive(Debug, Clone)]
pub(super) struct Attempted {
    pub(super) tx_hash: B256,
    pub(super) reported_at: OffsetDateTime,
    pub(super) reported: LogPosition,
    pub(super) watched: bool,
}

/// Where the money is, base units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) funded: BaseUnits,
    pub(super) released: BaseUnits,
    pub(super) refunded: BaseUnits,
}

impl Paid {
    /// Whether money was counted that cannot be.
    pub(super) fn happened(&mut self, event: &Recorded, happened: &PaymentEvent) -> bool {
        let (at, decided_at) = (event.position, event.metadata.decided_at);
        self.last = at;
        let before = self.sums;
        let broken = self.change(at, decided_at, happened);
        let (now, seller) = (self.sums, |sums: Sums| (sums.funded, sums.released));
        if now.refunded != before.refunded {
            self.moved_buyer = Some(at);
            self.moved_seller = Some(at);
        } else if seller(now) != seller(before) {
            self.moved_seller = Some(at);
        }
        broken
    }

    fn change(
        &mut self,
        at: LogPosition,
        decided_at: OffsetDateTime,
        happened: &PaymentEvent,
    ) -> bool {
        match happened {
            PaymentEvent::PaymentRequested { conversion, .. } => {
                self.requested_at.get_or_insert(decided_at);
                self.conversion.clone_from(conversion);
                self.money = at;
            }
            PaymentEvent::AttemptReported { tx_hash, .. } => self.attempts.push(Attempted {
                tx_hash: *tx_hash,
                reported_at: decided_at,
                reported: at,
                watched: true,
            }),
            PaymentEvent::AttemptFailed { tx_hash, reason } => {
                self.watch(*tx_hash, *reason == AttemptFailure::Dropped);
            }
            PaymentEvent::PaymentDetected {
                mined_at, amount, ..
            } => {
                self.seen_at = Some(mined_at.unwrap_or(decided_at));
                self.seen = *amount;
            }
            PaymentEvent::PaymentConfirmed { log, confirmations } => {
                self.confirmations = Some(*confirmations);
                self.money = at;
                self.watch(log.tx_hash, false);
                self.sums.funded = self.seen;
            }
            PaymentEvent::PaymentReverted { log } => {
                self.seen_at = None;
                self.confirmations = None;
                self.dispute = None;
                self.money = at;
                self.watch(log.tx_hash, true);
                self.sums = Sums::default();
            }
            PaymentEvent::PaymentExpired { .. } => {}
            PaymentEvent::DisputeOpened { by, mined_at, .. } => {
                self.dispute
                    .get_or_insert((*by, mined_at.unwrap_or(decided_at), at));
            }
            PaymentEvent::DisputeReverted { .. } => self.dispute = None,
            PaymentEvent::FundsReleased { amount, .. } => {
                self.money = at;
                return !add(&mut self.sums.released, *amount) || !self.sums.whole();
            }
            PaymentEvent::FundsRefunded { amount, .. } => {
                self.money = at;
                return !add(&mut self.sums.refunded, *amount) || !self.sums.whole();
            }
            PaymentEvent::ReleaseReverted { amount, .. } => {
                self.money = at;
                return !take(&mut self.sums.released, *amount);
            }
            PaymentEvent::RefundReverted { amount, .. } => {
                self.money = at;
                return !take(&mut self.sums.refunded, *amount);
            }
        }
        false
    }

    fn watch(&mut self, tx_hash: B256, watched: bool) {
        let of = |attempt: &&mut Attempted| attempt.tx_hash == tx_hash;
        if let Some(attempt) = self.attempts.iter_mut().find(of) {
            attempt.watched = watched;
        }
    }
}

impl Sums {
    fn whole(&self) -> bool {
        let left = self.released.checked_add(self.refunded);
        left.is_some_and(|left| left <= self.funded)
    }
}

fn add(sum: &mut BaseUnits, more: BaseUnits) -> bool {
    match sum.checked_add(more) {
        Some(total) => {
            *sum = total;
            true
        }
        None => false,
    }
}

fn take(sum: &mut BaseUnits, less: BaseUnits) -> bool {
    match sum.checked_sub(less) {
        Some(rest) => {
            *sum = rest;
            true
        }
        None => false,
    }
}
