//! Records that the buyer has received an order.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{authority::order_for_buyer, money::undisputed},
};

/// Records that the buyer has received an order.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmDelivery {
    /// The order.
    pub order: OrderId,
    /// Who asks; only its buyer may.
    pub by: Address,
}

impl Operation for ConfirmDelivery {
    const NAME: &'static str = "confirm_delivery";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        order_for_buyer(unit, self.order, self.by)?;
        let confirm = OrderCommand::ConfirmDelivery;
        if unit.decide::<Order>(self.order, &confirm)? == Change::Made {
            undisputed(unit, self.order)?;
        }
        Ok(self.order)
    }
}
