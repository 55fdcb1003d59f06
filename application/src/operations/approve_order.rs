//! Approves a paid order; its stock leaves in the same append.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{
        authority::order_for_owner,
        money::{funded, undisputed},
        stock::commit,
    },
};

/// Approves a paid order; its stock leaves in the same append.
#[derive(Debug, Clone, Serialize)]
pub struct ApproveOrder {
    /// The order.
    pub order: OrderId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
}

impl Operation for ApproveOrder {
    const NAME: &'static str = "approve_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        let order = order_for_owner(unit, self.order, self.by)?;
        if unit.decide::<Order>(self.order, &OrderCommand::Approve)? == Change::None {
            return Ok(self.order);
        }
        funded(unit, self.order)?;
        undisputed(unit, self.order)?;
        commit(unit, self.order, &order)?;
        Ok(self.order)
    }
}
