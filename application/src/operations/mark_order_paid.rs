//! Tells an order that its payment is confirmed.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::existing_order,
};

/// Tells an order that its payment is confirmed.
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
        unit.decide::<Order>(self.order, &OrderCommand::MarkPaid)?;
        Ok(self.order)
    }
}
