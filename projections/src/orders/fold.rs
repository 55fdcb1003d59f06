//! What events make of the orders' rows.

use std::collections::BTreeSet;

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, ShopId},
    order::{OrderEvent, OrderLine, Phase},
    payment::PaymentEvent,
    shop::ShopEvent,
    value::Address,
};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    milestone::{self, Milestone},
    rows::OrderRow,
};
use crate::{
    entities::{Entities, Entity, Outcome},
    failure::ApplyError,
};

/// The rows that a batch is about, and what it adds.
#[derive(Default)]
pub struct Rows {
    pub(super) shops: Entities<Shop>,
    pub(super) orders: Entities<OrderRow>,
    pub(super) lines: Vec<Line>,
    pub(super) timeline: Vec<Entry>,
    pub(super) notices: BTreeSet<Notice>,
}

/// Who owns a shop.
#[derive(Debug)]
pub(super) struct Shop {
    pub(super) id: ShopId,
    pub(super) owner: Address,
    pub(super) position: LogPosition,
}

/// A line of an order.
pub(super) struct Line {
    pub(super) order: OrderId,
    /// Its number in the order, from 0.
    pub(super) number: i32,
    pub(super) bought: OrderLine,
}

/// An entry of an order's timeline.
pub(super) struct Entry {
    pub(super) order: OrderId,
    pub(super) position: LogPosition,
    pub(super) milestone: Milestone,
    pub(super) at: OffsetDateTime,
    pub(super) actor: String,
    pub(super) details: Value,
}

impl Entity for Shop {
    const TABLE: &'static str = "shops";

    fn key(&self) -> Uuid {
        self.id.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Entity for OrderRow {
    const TABLE: &'static str = "orders";

    fn key(&self) -> Uuid {
        self.id.0
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
            Fact::Shop(id, ShopEvent::ShopOpened { owner, .. }) => {
                let shop = Shop {
                    id: *id,
                    owner: *owner,
                    position: event.position,
                };
                self.shops.add(shop).map(drop)
            }
            Fact::Order(id, happened) => {
                let outcome = self.order(event, *id, happened)?;
                self.record(event, *id, outcome, || milestone::of_order(happened))
            }
            Fact::Payment(id, happened) => {
                let order = OrderId::from(*id);
                let outcome = self.payment(event, order, happened)?;
                self.record(event, order, outcome, || milestone::of_payment(happened))
            }
            Fact::Shop(
                _,
                ShopEvent::ShopRevised { .. } | ShopEvent::PayoutAddressChanged { .. },
            )
            | Fact::Product(..)
            | Fact::Inventory(..)
            | Fact::Payout(..) => Ok(()),
        }
    }

    fn order(
        &mut self,
        event: &Recorded,
        id: OrderId,
        happened: &OrderEvent,
    ) -> Result<Outcome, ApplyError> {
        let at = event.position;
        match happened {
            OrderEvent::OrderPlaced {
                buyer,
                shop,
                lines,
                total,
                pay_by,
                // Read from the event itself, by those whom it concerns.
                delivery: _,
            } => {
                let order = OrderRow {
                    id,
                    buyer: *buyer,
                    shop: *shop,
                    shop_owner: self.shops.existing(shop.0)?.owner,
                    phase: Phase::AwaitingPayment,
                    total: *total,
                    pay_by: *pay_by,
                    placed_at: event.metadata.decided_at,
                    payment_seen: false,
                    expires_at: *pay_by,
                    chain_id: None,
                    arbiter: None,
                    disputed: false,
                    tracking: None,
                    rejection_reason: None,
                    placed: at,
                    position: at,
                };
                self.place(order, lines)
            }
            OrderEvent::OrderPaid {} => self.enter(at, id, Phase::Paid),
            OrderEvent::OrderPaymentReverted {} => self.enter(at, id, Phase::AwaitingPayment),
            OrderEvent::OrderApproved {} => self.enter(at, id, Phase::Approved),
            OrderEvent::OrderRejected { reason } => self.orders.change(id.0, at, |order| {
                order.phase = Phase::Rejected;
                order.rejection_reason = Some(reason.clone());
                Ok(())
            }),
            OrderEvent::OrderCancelled {} => self.enter(at, id, Phase::Cancelled),
            OrderEvent::OrderExpired {} => self.enter(at, id, Phase::Expired),
            OrderEvent::OrderShipped { tracking } => self.orders.change(id.0, at, |order| {
                order.phase = Phase::Shipped;
                order.tracking.clone_from(tracking);
                Ok(())
            }),
            OrderEvent::DeliveryConfirmed {} => self.enter(at, id, Phase::Delivered),
            OrderEvent::OrderCompleted {} => self.enter(at, id, Phase::Completed),
            OrderEvent::OrderRefunded {} => self.enter(at, id, Phase::Refunded),
        }
    }

    fn place(&mut self, order: OrderRow, lines: &[OrderLine]) -> Result<Outcome, ApplyError> {
        let id = order.id;
        let outcome = self.orders.add(order)?;
        if outcome == Outcome::Changed {
            self.lines
                .extend((0..).zip(lines).map(|(number, line)| Line {
                    order: id,
                    number,
                    bought: line.clone(),
                }));
        }
        Ok(outcome)
    }

    fn enter(&mut self, at: LogPosition, id: OrderId, phase: Phase) -> Result<Outcome, ApplyError> {
        self.orders.change(id.0, at, |order| {
            order.phase = phase;
            Ok(())
        })
    }

    /// What a payment's event means for the order's row: whether the order may expire, who may
    /// see it, and that there is something new to see.
    fn payment(
        &mut self,
        event: &Recorded,
        id: OrderId,
        happened: &PaymentEvent,
    ) -> Result<Outcome, ApplyError> {
        self.orders.change(id.0, event.position, |order| {
            match happened {
                PaymentEvent::PaymentRequested { terms, .. } => {
                    order.chain_id = Some(terms.chain_id);
                    order.arbiter = Some(terms.arbiter).filter(|arbiter| !arbiter.is_zero());
                }
                PaymentEvent::PaymentDetected { .. } | PaymentEvent::PaymentConfirmed { .. } => {
                    order.payment_seen = true;
                }
                // What came after the payment is gone with its block; the payment itself may
                // be in another one, which is still to be read.
                PaymentEvent::PaymentReverted { .. } => {
                    order.payment_seen = false;
                    order.disputed = false;
                    order.expires_at = order.pay_by.max(event.metadata.decided_at);
                }
                PaymentEvent::DisputeOpened { .. } => order.disputed = true,
                PaymentEvent::DisputeReverted { .. } => order.disputed = false,
                PaymentEvent::AttemptReported { .. }
                | PaymentEvent::AttemptFailed { .. }
                | PaymentEvent::PaymentExpired { .. }
                | PaymentEvent::FundsReleased { .. }
                | PaymentEvent::FundsRefunded { .. }
                | PaymentEvent::ReleaseReverted { .. }
                | PaymentEvent::RefundReverted { .. } => {}
            }
            Ok(())
        })
    }

    /// Adds the event to the timeline, and says who may want to look.
    fn record(
        &mut self,
        event: &Recorded,
        order: OrderId,
        outcome: Outcome,
        shown: impl FnOnce() -> (Milestone, Value),
    ) -> Result<(), ApplyError> {
        if outcome == Outcome::Seen {
            return Ok(());
        }
        let shop = self.orders.existing(order.0)?.shop;
        let (milestone, details) = shown();
        self.timeline.push(Entry {
            order,
            position: event.position,
            milestone,
            at: event.metadata.decided_at,
            actor: event.metadata.actor.to_string(),
            details,
        });
        self.notices.insert(Notice::Order(order));
        self.notices.insert(Notice::ShopOrders(shop));
        Ok(())
    }
}
