//! Cancels an order for its buyer; its stock comes back in the same append.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
    payment::ClosingReason,
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{
        authority::order_for_buyer,
        money::{undisputed, unreleased},
        stock::let_go,
    },
};

/// Cancels an order for its buyer; its stock comes back in the same append.
#[derive(Debug, Clone, Serialize)]
pub struct CancelOrder {
    /// The order.
    pub order: OrderId,
    /// Who asks; only its buyer may.
    pub by: Address,
}

impl Operation for CancelOrder {
    const NAME: &'static str = "cancel_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let order = order_for_buyer(unit, self.order, self.by)?;
        if unit.decide::<Order>(self.order, &OrderCommand::Cancel)? == Change::Made {
            undisputed(unit, self.order)?;
            unreleased(unit, self.order)?;
            let_go(unit, self.order, &order, ClosingReason::OrderCancelled)?;
        }
        Ok(self.order)
    }
}
