//! Completes an order that was delivered and whose money is no longer held.

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

/// Completes an order that was delivered and whose money is no longer held; does nothing
/// while either is missing, as each of the two asks again.
#[derive(Debug, Clone, Serialize)]
pub struct CompleteOrder {
    /// The order.
    pub order: OrderId,
}

impl Operation for CompleteOrder {
    const NAME: &'static str = "complete_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let delivered = existing_order(unit, self.order)?.phase() == Some(Phase::Delivered);
        let escrow = unit.state::<Payment>(self.order.into())?.escrow();
        let settled = escrow.is_some_and(|escrow| escrow.held().is_zero());
        if delivered && settled {
            unit.decide::<Order>(self.order, &OrderCommand::Complete)?;
        }
        Ok(self.order)
    }
}
