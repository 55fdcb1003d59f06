//! What can be asked of an order, and when it is refused.
//!
//! Who may ask is checked by the operation: the shop's owner through
//! [`Shop::authorise`](crate::shop::Shop::authorise), the buyer through
//! [`Order::authorise_buyer`].

use thiserror::Error;
use time::OffsetDateTime;

use super::{Order, OrderEvent, OrderLine, Phase, Tracking, lines};
use crate::{
    ids::{ProductId, ShopId, SkuId},
    personal::Sealed,
    policy,
    text::TextFault,
    value::{Address, Price, Quantity},
};

/// What can be asked of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderCommand {
    /// Places it.
    Place {
        /// The buyer's wallet.
        buyer: Address,
        /// The shop that sells.
        shop: ShopId,
        /// What is bought: each SKU once, see [`merge_lines`](super::merge_lines).
        lines: Vec<OrderLine>,
        /// When it expires if it is not paid.
        pay_by: OffsetDateTime,
        /// Where it goes, sealed; none when there is nothing to deliver.
        delivery: Option<Sealed>,
    },
    /// The payment is confirmed.
    MarkPaid,
    /// The payment left the chain again.
    MarkUnpaid,
    /// The owner will deliver.
    Approve,
    /// The owner will not deliver.
    Reject {
        /// Why, for the buyer to read.
        reason: String,
    },
    /// The buyer gives it up.
    Cancel,
    /// The payment window is over.
    Expire,
    /// The owner sent it.
    Ship {
        /// Where to follow it.
        tracking: Option<Tracking>,
    },
    /// The buyer has it.
    ConfirmDelivery,
    /// Nothing is left to do.
    Complete,
    /// The whole of the payment went back to the buyer.
    MarkRefunded,
}

/// Why an order refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OrderRejection {
    /// There is no such order.
    #[error("the order is not placed")]
    NotPlaced,
    /// The order was placed with other contents.
    #[error("the order is already placed")]
    AlreadyPlaced,
    /// Only the buyer may do that.
    #[error("the wallet did not place the order")]
    NotTheBuyer,
    /// Nobody holds the key of the zero address.
    #[error("the buyer must not be the zero address")]
    ZeroBuyer,
    /// Nothing is bought.
    #[error("an order needs at least one line")]
    NoLines,
    /// Too much at once.
    #[error("an order may have at most {max} lines, not {lines}")]
    TooManyLines {
        /// How many it has.
        lines: usize,
        /// How many are allowed.
        max: usize,
    },
    /// Two lines take from the same stock.
    #[error("the SKU {sku} stands in two lines")]
    SkuTwice {
        /// The SKU.
        sku: SkuId,
    },
    /// More pieces of one product than can be counted.
    #[error("more than {} pieces of the product {product}", Quantity::MAX.get())]
    QuantityOverflow {
        /// The product.
        product: ProductId,
    },
    /// One payment cannot be in several currencies.
    #[error("all lines of an order must be priced in the same currency")]
    MixedCurrencies,
    /// A price of nothing.
    #[error("the price of the product {product} must be above zero")]
    ZeroPrice {
        /// The product.
        product: ProductId,
    },
    /// The total is above 2^256-1 units, or more than a payment can carry.
    #[error("the total is too large")]
    AmountOverflow,
    /// The order would be expired as it is placed.
    #[error("the payment deadline {pay_by} has passed")]
    PayByPassed {
        /// The deadline.
        pay_by: OffsetDateTime,
    },
    /// Only an order that waits for its payment can be paid or expire.
    #[error("the order is {phase}, it does not await a payment")]
    NotAwaitingPayment {
        /// How far it is.
        phase: Phase,
    },
    /// Its payment window is still open.
    #[error("the order does not expire before {pay_by}")]
    NotYetDue {
        /// When it does.
        pay_by: OffsetDateTime,
    },
    /// Only what is paid can be approved.
    #[error("the order is {phase}, only a paid order can be approved")]
    NotPaid {
        /// How far it is.
        phase: Phase,
    },
    /// The owner has decided already, or the buyer left.
    #[error("the order is {phase} and cannot be rejected any more")]
    NotRejectable {
        /// How far it is.
        phase: Phase,
    },
    /// The owner has decided already, or it expired.
    #[error("the order is {phase} and cannot be cancelled any more")]
    NotCancellable {
        /// How far it is.
        phase: Phase,
    },
    /// Only what is approved can be sent.
    #[error("the order is {phase}, only an approved order can be shipped")]
    NotApproved {
        /// How far it is.
        phase: Phase,
    },
    /// It was sent with other tracking.
    #[error("the order is already shipped with other tracking")]
    AlreadyShipped,
    /// Only what was sent can arrive.
    #[error("the order is {phase}, only a shipped order can be confirmed as delivered")]
    NotShipped {
        /// How far it is.
        phase: Phase,
    },
    /// Only what was sent can be completed.
    #[error("the order is {phase}, only a shipped or delivered order can be completed")]
    NotCompletable {
        /// How far it is.
        phase: Phase,
    },
    /// Nothing that was paid could have gone back whole.
    #[error("the order is {phase}, only an order that is paid and not completed is refunded")]
    NotRefundable {
        /// How far it is.
        phase: Phase,
    },
    /// The reason breaks a rule.
    #[error("the reason of the rejection {0}")]
    Reason(TextFault),
    /// The carrier's name breaks a rule.
    #[error("the carrier {0}")]
    Carrier(TextFault),
    /// The tracking number breaks a rule.
    #[error("the tracking number {0}")]
    TrackingNumber(TextFault),
}

type Decision = Result<Vec<OrderEvent>, OrderRejection>;

pub(super) fn decide(order: &Order, command: &OrderCommand, now: OffsetDateTime) -> Decision {
    if let OrderCommand::Place {
        buyer,
        shop,
        lines,
        pay_by,
        delivery,
    } = command
    {
        let placed = place(order, *buyer, *shop, lines, *pay_by, now)?;
        return Ok(placed.map_or_else(Vec::new, |total| {
            vec![OrderEvent::OrderPlaced {
                buyer: *buyer,
                shop: *shop,
                lines: lines.clone(),
                total,
                pay_by: *pay_by,
                delivery: delivery.clone(),
            }]
        }));
    }
    let (details, phase) = order.placed()?;
    match command {
        OrderCommand::Place { .. } => Err(OrderRejection::AlreadyPlaced),
        OrderCommand::MarkPaid => mark_paid(phase),
        OrderCommand::MarkUnpaid => Ok(mark_unpaid(phase)),
        OrderCommand::Approve => approve(phase),
        OrderCommand::Reject { reason } => reject(phase, reason),
        OrderCommand::Cancel => cancel(phase),
        OrderCommand::Expire => expire(phase, details.pay_by, now),
        OrderCommand::Ship { tracking } => {
            ship(phase, details.tracking.as_ref(), tracking.as_ref())
        }
        OrderCommand::ConfirmDelivery => confirm_delivery(phase),
        OrderCommand::Complete => complete(phase),
        OrderCommand::MarkRefunded => mark_refunded(phase),
    }
}

/// What all lines cost together, when the order can be placed; nothing when it is placed already.
fn place(
    order: &Order,
    buyer: Address,
    shop: ShopId,
    lines: &[OrderLine],
    pay_by: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<Price>, OrderRejection> {
    if let Ok(details) = order.details() {
        // A repetition comes later, so its deadline may differ; the first one stands.
        let same = details.buyer == buyer && details.shop == shop && details.lines == lines;
        return if same {
            Ok(None)
        } else {
            Err(OrderRejection::AlreadyPlaced)
        };
    }
    if buyer.is_zero() {
        return Err(OrderRejection::ZeroBuyer);
    }
    let total = lines::total(lines)?;
    if pay_by <= now {
        return Err(OrderRejection::PayByPassed { pay_by });
    }
    Ok(Some(total))
}

fn mark_paid(phase: Phase) -> Decision {
    match phase {
        Phase::AwaitingPayment => Ok(vec![OrderEvent::OrderPaid {}]),
        Phase::Paid
        | Phase::Approved
        | Phase::Shipped
        | Phase::Delivered
        | Phase::Completed
        | Phase::Refunded => Ok(vec![]),
        // Money for an order that is closed goes back: the payment knows of it.
        Phase::Rejected | Phase::Cancelled | Phase::Expired => {
            Err(OrderRejection::NotAwaitingPayment { phase })
        }
    }
}

/// Once the owner has decided, the order stays as it is: the goods may be on their way.
fn mark_unpaid(phase: Phase) -> Vec<OrderEvent> {
    match phase {
        Phase::Paid => vec![OrderEvent::OrderPaymentReverted {}],
        Phase::AwaitingPayment
        | Phase::Approved
        | Phase::Shipped
        | Phase::Delivered
        | Phase::Completed
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => vec![],
    }
}

fn approve(phase: Phase) -> Decision {
    match phase {
        Phase::Paid => Ok(vec![OrderEvent::OrderApproved {}]),
        Phase::Approved | Phase::Shipped | Phase::Delivered | Phase::Completed => Ok(vec![]),
        Phase::AwaitingPayment
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotPaid { phase }),
    }
}

fn reject(phase: Phase, reason: &str) -> Decision {
    policy::REASON
        .check(reason)
        .map_err(OrderRejection::Reason)?;
    match phase {
        Phase::AwaitingPayment | Phase::Paid => Ok(vec![OrderEvent::OrderRejected {
            reason: reason.to_owned(),
        }]),
        Phase::Rejected => Ok(vec![]),
        Phase::Approved
        | Phase::Shipped
        | Phase::Delivered
        | Phase::Completed
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotRejectable { phase }),
    }
}

fn cancel(phase: Phase) -> Decision {
    match phase {
        Phase::AwaitingPayment | Phase::Paid => Ok(vec![OrderEvent::OrderCancelled {}]),
        Phase::Cancelled => Ok(vec![]),
        Phase::Approved
        | Phase::Shipped
        | Phase::Delivered
        | Phase::Completed
        | Phase::Rejected
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotCancellable { phase }),
    }
}

fn expire(phase: Phase, pay_by: OffsetDateTime, now: OffsetDateTime) -> Decision {
    match phase {
        Phase::AwaitingPayment if now < pay_by => Err(OrderRejection::NotYetDue { pay_by }),
        Phase::AwaitingPayment => Ok(vec![OrderEvent::OrderExpired {}]),
        Phase::Expired => Ok(vec![]),
        Phase::Paid
        | Phase::Approved
        | Phase::Shipped
        | Phase::Delivered
        | Phase::Completed
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Refunded => Err(OrderRejection::NotAwaitingPayment { phase }),
    }
}

fn ship(phase: Phase, sent: Option<&Tracking>, tracking: Option<&Tracking>) -> Decision {
    if let Some(tracking) = tracking {
        policy::CARRIER
            .check(&tracking.carrier)
            .map_err(OrderRejection::Carrier)?;
        policy::TRACKING_NUMBER
            .check(&tracking.number)
            .map_err(OrderRejection::TrackingNumber)?;
    }
    match phase {
        Phase::Approved => Ok(vec![OrderEvent::OrderShipped {
            tracking: tracking.cloned(),
        }]),
        Phase::Shipped | Phase::Delivered | Phase::Completed if sent == tracking => Ok(vec![]),
        Phase::Shipped | Phase::Delivered | Phase::Completed => Err(OrderRejection::AlreadyShipped),
        Phase::AwaitingPayment
        | Phase::Paid
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotApproved { phase }),
    }
}

fn confirm_delivery(phase: Phase) -> Decision {
    match phase {
        Phase::Shipped => Ok(vec![OrderEvent::DeliveryConfirmed {}]),
        Phase::Delivered | Phase::Completed => Ok(vec![]),
        Phase::AwaitingPayment
        | Phase::Paid
        | Phase::Approved
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotShipped { phase }),
    }
}

/// An order whose money all left the escrow is over once it was sent: whoever released it, the
/// buyer, the hold time or the arbiter, had the last word.
fn complete(phase: Phase) -> Decision {
    match phase {
        Phase::Shipped | Phase::Delivered => Ok(vec![OrderEvent::OrderCompleted {}]),
        Phase::Completed => Ok(vec![]),
        Phase::AwaitingPayment
        | Phase::Paid
        | Phase::Approved
        | Phase::Rejected
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Refunded => Err(OrderRejection::NotCompletable { phase }),
    }
}

fn mark_refunded(phase: Phase) -> Decision {
    match phase {
        Phase::Paid | Phase::Approved | Phase::Shipped | Phase::Delivered => {
            Ok(vec![OrderEvent::OrderRefunded {}])
        }
        // An order that ended for another reason stays what it is.
        Phase::Refunded | Phase::Rejected | Phase::Cancelled | Phase::Expired => Ok(vec![]),
        Phase::AwaitingPayment | Phase::Completed => Err(OrderRejection::NotRefundable { phase }),
    }
}
