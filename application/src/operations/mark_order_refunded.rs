//! Tells an order that the whole of its payment went back to the buyer.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand, Phase},
    payment::{ClosingReason, Payment, PaymentCommand},
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{authority::existing_order, stock::give_back},
};

/// Tells an order that the whole of its payment went back to the buyer; does nothing while a
/// part is held or went to the seller. What was reserved comes back in the same append; stock
/// that left with the approval stays gone, since goods come back by hand.
#[derive(Debug, Clone, Serialize)]
pub struct MarkOrderRefunded {
    /// The order.
    pub order: OrderId,
}

impl Operation for MarkOrderRefunded {
    const NAME: &'static str = "mark_order_refunded";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let order = existing_order(unit, self.order)?;
        let escrow = unit.state::<Payment>(self.order.into())?.escrow();
        if !escrow.is_some_and(|escrow| escrow.is_given_back()) {
            return Ok(self.order);
        }
        let change = unit.decide::<Order>(self.order, &OrderCommand::MarkRefunded)?;
        if change == Change::Made {
            if order.phase() == Some(Phase::Paid) {
                give_back(unit, self.order, &order)?;
            }
            // Whatever the chain does with the refund: this order is not to be paid any more.
            let reason = ClosingReason::OrderRefunded;
            unit.decide::<Payment>(self.order.into(), &PaymentCommand::Expire { reason })?;
        }
        Ok(self.order)
    }
}
