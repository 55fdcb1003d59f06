//! An order with its payment, which has the same id: two streams, and the rules between them.

use std::hash::{BuildHasher, RandomState};

use gage_domain::{
    ids::{OrderId, PaymentId},
    order::{Order, OrderEvent, Phase},
    payment::{AttemptFailure, Funding, LogId, Payment, PaymentEvent},
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings},
    witness::timeline,
};
use crate::{event::Recorded, position::LogPosition};

/// An order and its payment as far as they were read, with what read models keep beside the
/// aggregates' states.
#[derive(Debug, Clone, Default)]
pub(super) struct Life {
    pub(super) order: Folded<Order>,
    pub(super) payment: Folded<Payment>,
    /// When and where it was placed.
    pub(super) placed: Option<(OffsetDateTime, LogPosition)>,
    /// The last event of the two.
    pub(super) last: LogPosition,
    pub(super) rejection_reason: Option<String>,
    pub(super) expires_at: Option<OffsetDateTime>,
    pub(super) paid: Paid,
    /// What the entries of its timeline add up to.
    pub(super) shown: u64,
    /// What its timeline shows, while it is looked at closely.
    pub(super) marks: Vec<Mark>,
}

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

/// An entry of a timeline, by the hash of what it shows and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) position: LogPosition,
    pub(super) sequence: u64,
    pub(super) of_payment: bool,
    pub(super) hash: u64,
}

impl Life {
    /// An event of the order.
    pub(super) fn order(
        &mut self,
        id: OrderId,
        event: &Recorded,
        happened: &OrderEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let key = StreamKey::Order(id.0);
        self.order.check(key, event, happened, findings);
        if let Err(expected) = self.money_allows(happened) {
            let found = format!("{}, {}", super::legal::json(happened), self.money());
            let here = place(key, event);
            findings.add(Fault::Illegal, here, found, expected.to_owned());
        }
        self.order.evolve(key, happened, snapshots, findings);
        match happened {
            OrderEvent::OrderPlaced { pay_by, .. } => {
                self.placed
                    .get_or_insert((event.metadata.decided_at, event.position));
                self.expires_at.get_or_insert(*pay_by);
            }
            OrderEvent::OrderRejected { reason } => self.rejection_reason = Some(reason.clone()),
            OrderEvent::OrderShipped { .. } => {
                self.paid.shipped = true;
                self.paid.last = event.position;
            }
            OrderEvent::OrderPaid {}
            | OrderEvent::OrderPaymentReverted {}
            | OrderEvent::OrderApproved {}
            | OrderEvent::OrderCancelled {}
            | OrderEvent::OrderExpired {}
            | OrderEvent::DeliveryConfirmed {}
            | OrderEvent::OrderCompleted {}
            | OrderEvent::OrderRefunded {} => {}
        }
        self.last = event.position;
    }

    /// An event of the payment.
    pub(super) fn payment(
        &mut self,
        id: PaymentId,
        event: &Recorded,
        happened: &PaymentEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let key = StreamKey::Payment(id.0);
        self.payment.check(key, event, happened, findings);
        self.payment.evolve(key, happened, snapshots, findings);
        let broken = self.paid.happened(event, happened);
        if broken || self.paid.sums != self.sums_of_state() {
            let Sums {
                funded,
                released,
                refunded,
            } = self.paid.sums;
            let found =
                format!("funded {funded}, released {released}, refunded {refunded} by the log");
            let expected = "funded = held + released + refunded".to_owned();
            findings.add(Fault::Invariant, place(key, event), found, expected);
        }
        if let PaymentEvent::PaymentReverted { .. } = happened
            && let Ok(details) = self.order.state.details()
        {
            self.expires_at = Some(details.pay_by.max(event.metadata.decided_at));
        }
        self.last = event.position;
    }

    /// Adds the event to the timeline; gives what this shows of it.
    pub(super) fn mark(
        &mut self,
        event: &Recorded,
        of_payment: bool,
        (milestone, details): (&'static str, String),
        hasher: &RandomState,
    ) -> Mark {
        let shown = timeline::Shown {
            milestone,
            at: timeline::micros(event.metadata.decided_at),
            actor: &event.metadata.actor.to_string(),
            details: &details,
        };
        let mark = Mark {
            position: event.position,
            sequence: event.sequence,
            of_payment,
            hash: hasher.hash_one((event.position, shown)),
        };
        self.shown = self.shown.wrapping_add(mark.hash);
        mark
    }

    /// An event that cannot be read keeps its number.
    pub(super) fn arrive(
        &mut self,
        key: StreamKey,
        sequence: u64,
        position: LogPosition,
        findings: &mut Findings,
    ) {
        match key {
            StreamKey::Order(_) => self.order.arrive(key, sequence, position, findings),
            StreamKey::Payment(_) => self.payment.arrive(key, sequence, position, findings),
            StreamKey::Shop(_)
            | StreamKey::Product(_)
            | StreamKey::Inventory(_)
            | StreamKey::Payout(_) => {}
        }
    }

    /// Whether the payment is where the order's event needs it.
    fn money_allows(&self, happened: &OrderEvent) -> Result<(), &'static str> {
        let payment = &self.payment.state;
        let escrow = payment.escrow();
        let undisputed = payment.open_dispute().is_none();
        let funded = escrow.is_some_and(|escrow| !escrow.is_given_back());
        let unreleased = escrow.is_none_or(|escrow| {
            let by_both = escrow.held().is_zero() && !escrow.refunded().is_zero();
            escrow.released().is_zero() || by_both
        });
        let (holds, expected) = match happened {
            OrderEvent::OrderPlaced { .. } | OrderEvent::OrderExpired {} => (true, ""),
            OrderEvent::OrderPaid {} => (escrow.is_some(), "a confirmed payment"),
            OrderEvent::OrderPaymentReverted {} => (escrow.is_none(), "no confirmed payment"),
            OrderEvent::OrderApproved {} | OrderEvent::OrderShipped { .. } => {
                (funded && undisputed, "money in the escrow, and no dispute")
            }
            OrderEvent::OrderRejected { .. } | OrderEvent::OrderCancelled {} => (
                unreleased && undisputed,
                "nothing released to the seller, and no dispute",
            ),
            OrderEvent::DeliveryConfirmed {} => (undisputed, "no dispute"),
            OrderEvent::OrderCompleted {} => (
                escrow.is_some_and(|escrow| escrow.is_settled()),
                "all money gone, a part of it to the seller",
            ),
            OrderEvent::OrderRefunded {} => (
                escrow.is_some_and(|escrow| escrow.is_given_back()),
                "all money gone back to the buyer",
            ),
        };
        if holds { Ok(()) } else { Err(expected) }
    }

    fn money(&self) -> String {
        match self.payment.state.escrow() {
            None => "while no payment is confirmed".to_owned(),
            Some(escrow) => format!(
                "while {} are held, {} released, {} refunded",
                escrow.held(),
                escrow.released(),
                escrow.refunded()
            ),
        }
    }

    fn sums_of_state(&self) -> Sums {
        self.payment
            .state
            .escrow()
            .map_or_else(Sums::default, |escrow| Sums {
                funded: escrow.funded(),
                released: escrow.released(),
                refunded: escrow.refunded(),
            })
    }

    /// What should have followed by the time at which reactions stand.
    pub(super) fn owed(&self, reacted: LogPosition) -> Option<&'static str> {
        let phase = self.order.state.phase()?;
        if self.last > reacted {
            return None;
        }
        let escrow = self.payment.state.escrow();
        match phase {
            Phase::AwaitingPayment => escrow.map(|_| "OrderPaid"),
            Phase::Paid => match escrow {
                None => Some("OrderPaymentReverted"),
                Some(escrow) => escrow.is_given_back().then_some("OrderRefunded"),
            },
            Phase::Approved | Phase::Shipped | Phase::Delivered => escrow.and_then(|escrow| {
                if escrow.is_given_back() {
                    Some("OrderRefunded")
                } else if escrow.is_settled() && phase != Phase::Approved {
                    Some("OrderCompleted")
                } else {
                    None
                }
            }),
            Phase::Completed
            | Phase::Rejected
            | Phase::Cancelled
            | Phase::Expired
            | Phase::Refunded => None,
        }
    }

    /// The logs that count now.
    pub(super) fn standing_logs(&self) -> Vec<LogId> {
        let Ok(request) = self.payment.state.request() else {
            return Vec::new();
        };
        let paid = request.funding.sighting().map(|sighting| sighting.log.id());
        let moved = match &request.funding {
            Funding::Confirmed(deposit) => deposit.movements.as_slice(),
            Funding::None | Funding::Detected(_) => &[],
        };
        paid.into_iter()
            .chain(moved.iter().map(|movement| movement.log))
            .collect()
    }
}

impl Mark {
    /// The stream of its event.
    pub(super) fn stream(&self, id: Uuid) -> String {
        if self.of_payment {
            StreamKey::Payment(id).to_string()
        } else {
            StreamKey::Order(id).to_string()
        }
    }
}

impl Paid {
    /// Whether money was counted that cannot be.
    fn happened(&mut self, event: &Recorded, happened: &PaymentEvent) -> bool {
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
