//! What the event log says of payments, up to a block. Folded from the aggregates' own events,
//! with nothing of what read models or the aggregates make of them: a second witness.

use std::collections::BTreeMap;

use gage_domain::{
    ids::PaymentId,
    payment::{LogId, LogRef, PaymentEvent, Terms},
    value::{Address, BaseUnits},
};
use time::OffsetDateTime;

use crate::ports::chain::{Observation, Observed};

/// The payments with the smallest ids from a bound on, as many as fit: memory stays bounded
/// however many there are, and further ones come with the next book.
#[derive(Debug)]
pub(super) struct Book {
    from: Option<PaymentId>,
    /// The smallest one that did not fit.
    below: Option<PaymentId>,
    entries: BTreeMap<PaymentId, Entry>,
    /// Payments and logs that are held.
    weight: usize,
    most: usize,
}

/// A payment: what the event log says of it, and what the contract's logs say.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) terms: Terms,
    /// By the event log.
    pub(super) told: BTreeMap<LogId, Told>,
    /// By the chain.
    pub(super) seen: BTreeMap<LogId, Seen>,
}

/// A log as the event log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) log: LogRef,
    pub(super) what: Observed,
    pub(super) standing: Standing,
}

/// Whether a log counts in the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was seen, and waits for confirmations.
    Waits,
    /// It counts.
    Counts,
}

/// A log as the chain has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) log: LogRef,
    pub(super) what: Observed,
}

impl Book {
    /// A book of the payments from an id on.
    pub(super) fn from(from: Option<PaymentId>, most: usize) -> Self {
        Self {
            from,
            below: None,
            entries: BTreeMap::new(),
            weight: 0,
            most,
        }
    }

    /// Where the next book begins; nothing when this one holds the last payment.
    pub(super) fn rest(&self) -> Option<PaymentId> {
        self.below
    }

    /// Whether it is about this payment.
    pub(super) fn covers(&self, payment: PaymentId) -> bool {
        self.from.is_none_or(|from| payment >= from)
            && self.below.is_none_or(|below| payment < below)
    }

    /// Notes what happened to a payment.
    pub(super) fn enter(&mut self, payment: PaymentId, event: &PaymentEvent) {
        if !self.covers(payment) {
            return;
        }
        if let PaymentEvent::PaymentRequested { terms, .. } = event {
            let entry = Entry {
                terms: terms.clone(),
                told: BTreeMap::new(),
                seen: BTreeMap::new(),
            };
            if self.entries.insert(payment, entry).is_none() {
                self.weight += 1;
            }
        } else if let Some(entry) = self.entries.get_mut(&payment) {
            let before = entry.told.len();
            entry.happened(event);
            self.weight = (self.weight + entry.told.len()).saturating_sub(before);
        }
        self.make_room();
    }

    /// Leaves out payments of other contracts, and says how many they were.
    pub(super) fn leave_out_but(&mut self, chain_id: u64, escrow: Address) -> u64 {
        let before = self.entries.len();
        self.entries
            .retain(|_, entry| entry.terms.chain_id == chain_id && entry.terms.escrow == escrow);
        u64::try_from(before - self.entries.len()).unwrap_or(u64::MAX)
    }

    /// Leaves out payments of which neither side has a log and whose deadline was before a moment,
    /// and says how many they were.
    pub(super) fn leave_out_never_paid(&mut self, before: OffsetDateTime) -> u64 {
        let all = self.entries.len();
        self.entries.retain(|_, entry| {
            let silent = entry.told.is_empty() && entry.seen.is_empty();
            !(silent && entry.terms.deadline < before)
        });
        u64::try_from(all - self.entries.len()).unwrap_or(u64::MAX)
    }

    /// Puts a log of the chain to the payment that it names; whether that is in the book, with
    /// this key. The chain's logs do not count against the bound: they are mostly as many as the
    /// event log's.
    pub(super) fn see(&mut self, observation: &Observation) -> bool {
        let entry = observation
            .payment
            .and_then(|payment| self.entries.get_mut(&payment))
            .filter(|entry| entry.terms.key == observation.key);
        let Some(entry) = entry else {
            return false;
        };
        let seen = Seen {
            log: observation.log,
            what: observation.what.clone(),
        };
        entry.seen.insert(observation.log.id(), seen);
        true
    }

    /// How many payments it holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The payments, which it then does not hold any more.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (PaymentId, Entry)> {
        self.entries.into_iter()
    }

    /// Leaves the largest ids to the next book. One payment is always held, however many logs it
    /// has.
    fn make_room(&mut self) {
        while self.weight > self.most && self.entries.len() > 1 {
            if let Some((payment, entry)) = self.entries.pop_last() {
                self.weight = self.weight.saturating_sub(1 + entry.told.len());
                self.below = Some(payment);
            }
        }
    }
}

impl Entry {
    fn happened(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentRequested { .. }
            | PaymentEvent::AttemptReported { .. }
            | PaymentEvent::AttemptFailed { .. }
            | PaymentEvent::PaymentExpired { .. } => {}
            PaymentEvent::PaymentDetected {
                log,
                payer,
                amount,
                mined_at: _,
            } => {
                let what = Observed::Paid {
                    payer: *payer,
                    token: self.terms.token,
                    amount: *amount,
                };
                self.tell(*log, what, Standing::Waits);
            }
            PaymentEvent::PaymentConfirmed { log, .. } => {
                if let Some(told) = self.told.get_mut(&log.id()) {
                    told.standing = Standing::Counts;
                }
            }
            // What came after the payment was in the same or in later blocks, and is gone too.
            PaymentEvent::PaymentReverted { .. } => self.told.clear(),
            PaymentEvent::FundsReleased { log, amount } => {
                let amount = *amount;
                self.tell(*log, Observed::Released { amount }, Standing::Counts);
            }
            PaymentEvent::FundsRefunded { log, amount } => {
                let amount = *amount;
                self.tell(*log, Observed::Refunded { amount }, Standing::Counts);
            }
            PaymentEvent::DisputeOpened {
                log,
                by,
                mined_at: _,
            } => {
                self.tell(*log, Observed::Disputed { by: *by }, Standing::Counts);
            }
            PaymentEvent::ReleaseReverted { log, .. }
            | PaymentEvent::RefundReverted { log, .. }
            | PaymentEvent::DisputeReverted { log } => _ = self.told.remove(&log.id()),
        }
    }

    fn tell(&mut self, log: LogRef, what: Observed, standing: Standing) {
        let told = Told {
            log,
            what,
            standing,
        };
        self.told.insert(log.id(), told);
    }
}

/// The money of a payment: sums over logs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Money {
    pub(super) funded: BaseUnits,
    pub(super) released: BaseUnits,
    pub(super) refunded: BaseUnits,
    pub(super) disputed: bool,
    pub(super) payer: Option<Address>,
}

impl Money {
    /// The sum of logs.
    pub(super) fn of<'o>(logs: impl Iterator<Item = &'o Observed>) -> Self {
        logs.fold(Self::default(), Self::with)
    }

    fn with(mut self, what: &Observed) -> Self {
        match what {
            Observed::Paid { payer, amount, .. } => {
                self.funded = sum(self.funded, *amount);
                self.payer = Some(*payer);
            }
            Observed::Released { amount } => self.released = sum(self.released, *amount),
            Observed::Refunded { amount } => self.refunded = sum(self.refunded, *amount),
            Observed::Disputed { .. } => self.disputed = true,
            // Of no payment.
            Observed::Withdrawn { .. } => {}
        }
        self
    }

    /// What left the escrow.
    pub(super) fn left(&self) -> BaseUnits {
        sum(self.released, self.refunded)
    }

    /// What is held; nothing when more left than was paid, which is a difference of its own.
    pub(super) fn held(&self) -> BaseUnits {
        self.funded
            .checked_sub(self.left())
            .unwrap_or(BaseUnits::ZERO)
    }
}

/// A sum that stops at the largest amount there is; no honest one comes near it.
pub(super) fn sum(one: BaseUnits, other: BaseUnits) -> BaseUnits {
    BaseUnits(one.0.saturating_add(other.0))
}
