//! Completes an order that was sent and whose money has left the escrow.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand, Phase},
    payment::Payment,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::existing_order,
};

/// Completes an order that was sent and whose money has left the escrow, at least a part of it
/// to the seller; does nothing while either is missing, as each of the two asks again.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteOrder {
    /// The order.
    pub order: OrderId,
}

impl Operation for CompleteOrder {
    const NAME: &'static str = "complete_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let phase = existing_order(unit, self.order)?.phase();
        let sent = matches!(phase, Some(Phase::Shipped | Phase::Delivered));
        let escrow = unit.state::<Payment>(self.order.into())?.escrow();
        if sent && escrow.is_some_and(|escrow| escrow.is_settled()) {
            unit.decide::<Order>(self.order, &OrderCommand::Complete)?;
        }
        Ok(self.order)
    }
}
