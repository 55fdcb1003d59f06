//! Tells an order that its payment is confirmed.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
    payment::Payment,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::existing_order,
};

/// Tells an order that its payment is confirmed, if it still is.
#[derive(Debug, Clone, Serialize)]
pub struct MarkOrderPaid {
    /// The order.
    pub order: OrderId,
}

impl Operation for MarkOrderPaid {
    const NAME: &'static str = "mark_order_paid";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        existing_order(unit, self.order)?;
        // The payment may have left the chain since.
        if unit.state::<Payment>(self.order.into())?.escrow().is_some() {
            unit.decide::<Order>(self.order, &OrderCommand::MarkPaid)?;
        }
        Ok(self.order)
    }
}
