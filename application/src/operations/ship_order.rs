//! Records that an approved order was shipped.

use gage_domain::{
    ids::OrderId,
    order::{Order, OrderCommand, Tracking},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Change, Operation, Unit, UnitError},
    operations::{
        authority::order_for_owner,
        money::{funded, undisputed},
    },
};

/// Records that an approved order was shipped.
#[derive(Debug, Clone, Serialize)]
pub struct ShipOrder {
    /// The order.
    pub order: OrderId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// How to follow the parcel.
    pub tracking: Option<Tracking>,
}

impl Operation for ShipOrder {
    const NAME: &'static str = "ship_order";
    type Output = OrderId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<OrderId, UnitError> {
        order_for_owner(unit, self.order, self.by)?;
        let command = OrderCommand::Ship {
            tracking: self.tracking.clone(),
        };
        if unit.decide::<Order>(self.order, &command)? == Change::Made {
            funded(unit, self.order)?;
            undisputed(unit, self.order)?;
        }
        Ok(self.order)
    }
}
