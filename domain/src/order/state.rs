//! What an order is, and what an event makes of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{OrderEvent, OrderLine, OrderRejection, Tracking};
use crate::{
    ids::ShopId,
    value::{Address, Price},
};

/// An order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Nobody placed it yet.
    #[default]
    Unplaced,
    /// A buyer placed it.
    Placed {
        /// What was agreed.
        details: Box<OrderDetails>,
        /// How far it is.
        phase: Phase,
    },
}

/// What buyer and shop agreed on. Nothing but the tracking changes after placing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDetails {
    /// The buyer's wallet.
    pub buyer: Address,
    /// The shop that sells.
    pub shop: ShopId,
    /// What is bought.
    pub lines: Vec<OrderLine>,
    /// What all lines cost together.
    pub total: Price,
    /// When it expires if it is not paid.
    #[serde(with = "time::serde::rfc3339")]
    pub pay_by: OffsetDateTime,
    /// Where to follow the shipment.
    pub tracking: Option<Tracking>,
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Stock is reserved, money is not there yet.
    AwaitingPayment,
    /// The payment is confirmed; the owner decides.
    Paid,
    /// The owner will deliver.
    Approved,
    /// It is on its way.
    Shipped,
    /// The buyer has it.
    Delivered,
    /// Nothing is left to do.
    Completed,
    /// The owner refused it.
    Rejected,
    /// The buyer gave it up.
    Cancelled,
    /// It was not paid in time.
    Expired,
    /// The whole of its payment went back to the buyer.
    Refunded,
}

impl Phase {
    /// Those in which goods may still have to be delivered.
    pub const STILL_TO_DELIVER: [Self; 4] = [
        Self::AwaitingPayment,
        Self::Paid,
        Self::Approved,
        Self::Shipped,
    ];
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AwaitingPayment => "awaiting payment",
            Self::Paid => "paid",
            Self::Approved => "approved",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Completed => "completed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
        })
    }
}

impl Order {
    /// What was agreed.
    ///
    /// # Errors
    /// [`OrderRejection::NotPlaced`].
    pub fn details(&self) -> Result<&OrderDetails, OrderRejection> {
        self.placed().map(|(details, _)| details)
    }

    /// What was agreed, if the wallet is the buyer's.
    ///
    /// # Errors
    /// [`OrderRejection::NotPlaced`] or [`OrderRejection::NotTheBuyer`].
    pub fn authorise_buyer(&self, by: Address) -> Result<&OrderDetails, OrderRejection> {
        let details = self.details()?;
        if details.buyer == by {
            Ok(details)
        } else {
            Err(OrderRejection::NotTheBuyer)
        }
    }

    /// How far it is; nothing before it is placed.
    pub fn phase(&self) -> Option<Phase> {
        self.placed().ok().map(|(_, phase)| phase)
    }

    /// What is bought; nothing before it is placed.
    pub fn lines(&self) -> &[OrderLine] {
        self.details().map_or(&[], |details| &details.lines)
    }

    /// The buyer's wallet.
    pub fn buyer(&self) -> Option<Address> {
        self.details().ok().map(|details| details.buyer)
    }

    /// The shop that sells.
    pub fn shop(&self) -> Option<ShopId> {
        self.details().ok().map(|details| details.shop)
    }

    /// What all lines cost together.
    pub fn total(&self) -> Option<Price> {
        self.details().ok().map(|details| details.total)
    }

    /// When it expires if it is not paid.
    pub fn pay_by(&self) -> Option<OffsetDateTime> {
        self.details().ok().map(|details| details.pay_by)
    }

    pub(super) fn placed(&self) -> Result<(&OrderDetails, Phase), OrderRejection> {
        match self {
            Self::Unplaced => Err(OrderRejection::NotPlaced),
            Self::Placed { details, phase } => Ok((details, *phase)),
        }
    }
}

pub(super) fn evolve(order: Order, event: &OrderEvent) -> Order {
    let (mut details, from) = match (order, event) {
        (
            Order::Unplaced,
            OrderEvent::OrderPlaced {
                buyer,
                shop,
                lines,
                total,
                pay_by,
                // Nothing is decided by it, so no state and no snapshot has it.
                delivery: _,
            },
        ) => {
            return Order::Placed {
                details: Box::new(OrderDetails {
                    buyer: *buyer,
                    shop: *shop,
                    lines: lines.clone(),
                    total: *total,
                    pay_by: *pay_by,
                    tracking: None,
                }),
                phase: Phase::AwaitingPayment,
            };
        }
        (Order::Unplaced, _) => return Order::Unplaced,
        (Order::Placed { details, phase }, _) => (details, phase),
    };
    let phase = next(from, event).unwrap_or(from);
    if let (OrderEvent::OrderShipped { tracking }, Phase::Shipped) = (event, phase)
        && from == Phase::Approved
    {
        details.tracking.clone_from(tracking);
    }
    Order::Placed { details, phase }
}

/// The legal transitions, and no others.
fn next(from: Phase, event: &OrderEvent) -> Option<Phase> {
    match (from, event) {
        (Phase::AwaitingPayment, OrderEvent::OrderPaid {}) => Some(Phase::Paid),
        (Phase::Paid, OrderEvent::OrderPaymentReverted {}) => Some(Phase::AwaitingPayment),
        (Phase::Paid, OrderEvent::OrderApproved {}) => Some(Phase::Approved),
        (Phase::Approved, OrderEvent::OrderShipped { .. }) => Some(Phase::Shipped),
        (Phase::Shipped, OrderEvent::DeliveryConfirmed {}) => Some(Phase::Delivered),
        (Phase::Shipped | Phase::Delivered, OrderEvent::OrderCompleted {}) => {
            Some(Phase::Completed)
        }
        (Phase::AwaitingPayment | Phase::Paid, OrderEvent::OrderRejected { .. }) => {
            Some(Phase::Rejected)
        }
        (Phase::AwaitingPayment | Phase::Paid, OrderEvent::OrderCancelled {}) => {
            Some(Phase::Cancelled)
        }
        (Phase::AwaitingPayment, OrderEvent::OrderExpired {}) => Some(Phase::Expired),
        (
            Phase::Paid | Phase::Approved | Phase::Shipped | Phase::Delivered,
            OrderEvent::OrderRefunded {},
        ) => Some(Phase::Refunded),
        _ => None,
    }
}
