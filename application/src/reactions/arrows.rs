//! The arrows from events to what they make the server do. Pure.

use gage_domain::{ids::OrderId, order::OrderEvent, payment::PaymentEvent};

use crate::event::Fact;

/// What an event makes the server do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Tell the order that it is paid.
    MarkOrderPaid(OrderId),
    /// Tell the order that its payment left the chain again.
    MarkOrderUnpaid(OrderId),
    /// Complete the order if nothing is missing.
    CompleteOrder(OrderId),
    /// Tell the order that all its money went back, if it did.
    MarkOrderRefunded(OrderId),
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
        Fact::Payment(payment, PaymentEvent::PaymentReverted { .. }) => {
            vec![Reaction::MarkOrderUnpaid((*payment).into())]
        }
        // What empties the escrow may be a refund after partial releases.
        Fact::Payment(payment, PaymentEvent::FundsRefunded { .. }) => vec![
            Reaction::MarkOrderRefunded((*payment).into()),
            Reaction::CompleteOrder((*payment).into()),
        ],
        // The money may have been released before the goods were sent.
        Fact::Order(order, OrderEvent::OrderShipped { .. } | OrderEvent::DeliveryConfirmed {}) => {
            vec![Reaction::CompleteOrder(*order)]
        }
        Fact::Shop(..)
        | Fact::Product(..)
        | Fact::Inventory(..)
        | Fact::Order(..)
        | Fact::Payment(..)
        | Fact::Payout(..) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use gage_domain::{
        ids::PaymentId,
        payment::LogRef,
        value::{B256, BaseUnits},
    };
    use uuid::Uuid;

    use super::*;

    fn log() -> LogRef {
        LogRef {
            chain_id: 1337,
            block_number: 5,
            block_hash: B256::repeat_byte(1),
            tx_hash: B256::repeat_byte(2),
            log_index: 0,
        }
    }

    #[test]
    fn a_confirmed_payment_pays_its_order() {
        let id = Uuid::from_u128(9);
        let event = PaymentEvent::PaymentConfirmed {
            log: log(),
            confirmations: 3,
        };
        assert_eq!(
            reactions_to(&Fact::Payment(PaymentId(id), event)),
            vec![Reaction::MarkOrderPaid(OrderId(id))]
        );
    }

    #[test]
    fn a_payment_that_is_only_seen_pays_nothing() {
        let event = PaymentEvent::PaymentDetected {
            log: log(),
            payer: gage_domain::value::Address::repeat_byte(3),
            amount: BaseUnits::from(5),
            mined_at: None,
        };
        assert_eq!(
            reactions_to(&Fact::Payment(PaymentId(Uuid::nil()), event)),
            vec![]
        );
    }

    #[test]
    fn a_payment_that_left_the_chain_is_told_to_its_order() {
        let id = Uuid::from_u128(9);
        let event = PaymentEvent::PaymentReverted { log: log() };
        assert_eq!(
            reactions_to(&Fact::Payment(PaymentId(id), event)),
            vec![Reaction::MarkOrderUnpaid(OrderId(id))]
        );
    }

    #[test]
    fn a_refund_asks_whether_it_was_the_last_of_the_money() {
        let id = Uuid::from_u128(9);
        let event = PaymentEvent::FundsRefunded {
            log: log(),
            amount: BaseUnits::from(5),
        };
        assert_eq!(
            reactions_to(&Fact::Payment(PaymentId(id), event)),
            vec![
                Reaction::MarkOrderRefunded(OrderId(id)),
                Reaction::CompleteOrder(OrderId(id)),
            ]
        );
    }

    #[test]
    fn sending_delivery_and_release_each_ask_whether_the_order_is_complete() {
        let id = Uuid::from_u128(9);
        let released = PaymentEvent::FundsReleased {
            log: log(),
            amount: BaseUnits::from(5),
        };
        let complete = vec![Reaction::CompleteOrder(OrderId(id))];
        assert_eq!(
            reactions_to(&Fact::Payment(PaymentId(id), released)),
            complete
        );
        for event in [
            OrderEvent::OrderShipped { tracking: None },
            OrderEvent::DeliveryConfirmed {},
        ] {
            assert_eq!(reactions_to(&Fact::Order(OrderId(id), event)), complete);
        }
    }
}
