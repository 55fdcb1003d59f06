//! Ends an order whose payment window has passed; its stock comes back in the same append.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
    payment::ClosingReason,
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{authority::existing_order, stock::let_go},
};

/// Ends an order whose payment window has passed; its stock comes back in the same append.
#[derive(Debug, Clone, Serialize)]
pub struct ExpireOrder {
    /// The order.
    pub order: OrderId,
}

impl Operation for ExpireOrder {
    const NAME: &'static str = "expire_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let order = existing_order(unit, self.order)?;
        if unit.decide::<Order>(self.order, &OrderCommand::Expire)? == Change::Made {
            // Refused while a payment is in flight: the whole operation is, then.
            let_go(unit, self.order, &order, ClosingReason::Lapsed)?;
        }
        Ok(self.order)
    }
}
