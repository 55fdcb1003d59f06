//! Tells an order that its payment left the chain again.

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

/// Tells an order that its payment left the chain again, unless it has come back since.
#[derive(Debug, Clone, Serialize)]
pub struct MarkOrderUnpaid {
    /// The order.
    pub order: OrderId,
}

impl Operation for MarkOrderUnpaid {
    const NAME: &'static str = "mark_order_unpaid";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        existing_order(unit, self.order)?;
        if unit.state::<Payment>(self.order.into())?.escrow().is_none() {
            unit.decide::<Order>(self.order, &OrderCommand::MarkUnpaid)?;
        }
        Ok(self.order)
    }
}
