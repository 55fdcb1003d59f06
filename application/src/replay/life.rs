//! An order with its payment, which has the same id: two streams, and the rules between them.

use std::hash::{BuildHasher, RandomState};

use gage_domain::{
    ids::{OrderId, PaymentId},
    order::{Order, OrderEvent, Phase},
    payment::{Funding, LogId, Payment, PaymentEvent},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings},
    paid::{Paid, Sums},
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
