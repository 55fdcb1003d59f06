//! Rejects an order; its stock comes back in the same append.

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
        authority::order_for_owner,
        money::{undisputed, unreleased},
        stock::let_go,
    },
};

/// Rejects an order; its stock comes back in the same append.
#[derive(Debug, Clone, Serialize)]
pub struct RejectOrder {
    /// The order.
    pub order: OrderId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Why; the customer reads it.
    pub reason: String,
}

impl Operation for RejectOrder {
    const NAME: &'static str = "reject_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let order = order_for_owner(unit, self.order, self.by)?;
        let reject = OrderCommand::Reject {
            reason: self.reason.clone(),
        };
        if unit.decide::<Order>(self.order, &reject)? == Change::Made {
            undisputed(unit, self.order)?;
            unreleased(unit, self.order)?;
            let_go(unit, self.order, &order, ClosingReason::OrderRejected)?;
        }
        Ok(self.order)
    }
}
