//! The arrows from events to what they make the server do. Pure.

use gage_domain::{ids::OrderId, order::OrderEvent, payment::PaymentEvent};

use crate::event::Fact;

/// What an event makes the server do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Tell the order that it is paid.
    MarkOrderPaid(OrderId),
    /// Complete the order if nothing is missing.
    CompleteOrder(OrderId),
}

/// The arrows.
pub fn reactions_to(fact: &Fact) -> Vec<Reaction> {
    match fact {
        Fact::Payment(payment, PaymentEvent::PaymentConfirmed { .. }) => {
            vec![Reaction::MarkOrderPaid((*payment).into())]
        }
        Fact::Payment(payment, PaymentEvent::FundsReleased { .. }) => {
            vec![Reaction::CompleteOrder((*payment).into())]
        }
        Fact::Order(order, OrderEvent::DeliveryConfirmed { .. }) => {
            vec![Reaction::CompleteOrder(*order)]
        }
        Fact::Shop(..)
        | Fact::Product(..)
        | Fact::Inventory(..)
        | Fact::Order(..)
        | Fact::Payment(..) => Vec::new(),
    }
}
