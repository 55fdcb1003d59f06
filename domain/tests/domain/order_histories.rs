//! Orders that several tests start from.

use gage_domain::order::{Order, OrderCommand, OrderEvent, OrderLine, Phase};

use crate::{
    given::{Given, given},
    samples::{BUYER, COFFEE, QUARTER_PAST, SHOP, TEA, ether, line, tracking},
};

pub(crate) fn lines() -> Vec<OrderLine> {
    vec![line(COFFEE, ether(10), 3), line(TEA, ether(7), 1)]
}

pub(crate) fn place(lines: Vec<OrderLine>) -> OrderCommand {
    OrderCommand::Place {
        buyer: BUYER,
        shop: SHOP,
        lines,
        pay_by: QUARTER_PAST,
        delivery: None,
    }
}

pub(crate) fn placed() -> OrderEvent {
    OrderEvent::OrderPlaced {
        buyer: BUYER,
        shop: SHOP,
        lines: lines(),
        total: ether(37),
        pay_by: QUARTER_PAST,
        delivery: None,
    }
}

pub(crate) fn reject() -> OrderCommand {
    OrderCommand::Reject {
        reason: "sold out".to_owned(),
    }
}

pub(crate) fn rejected() -> OrderEvent {
    OrderEvent::OrderRejected {
        reason: "sold out".to_owned(),
    }
}

pub(crate) fn ship() -> OrderCommand {
    OrderCommand::Ship {
        tracking: Some(tracking("KR1")),
    }
}

pub(crate) fn shipped() -> OrderEvent {
    OrderEvent::OrderShipped {
        tracking: Some(tracking("KR1")),
    }
}

/// An order in each phase.
pub(crate) fn order_that_is(phase: Phase) -> Given<Order> {
    let (paid, approved) = (OrderEvent::OrderPaid {}, OrderEvent::OrderApproved {});
    let delivered = OrderEvent::DeliveryConfirmed {};
    let history = match phase {
        Phase::AwaitingPayment => vec![placed()],
        Phase::Paid => vec![placed(), paid],
        Phase::Approved => vec![placed(), paid, approved],
        Phase::Shipped => vec![placed(), paid, approved, shipped()],
        Phase::Delivered => vec![placed(), paid, approved, shipped(), delivered],
        Phase::Completed => vec![
            placed(),
            paid,
            approved,
            shipped(),
            delivered,
            OrderEvent::OrderCompleted {},
        ],
        Phase::Rejected => vec![placed(), rejected()],
        Phase::Cancelled => vec![placed(), OrderEvent::OrderCancelled {}],
        Phase::Expired => vec![placed(), OrderEvent::OrderExpired {}],
        Phase::Refunded => vec![placed(), paid, OrderEvent::OrderRefunded {}],
    };
    let given = given::<Order>(history);
    assert_eq!(given.state().phase(), Some(phase));
    given
}
