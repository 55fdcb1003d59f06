//! What becomes of an order's reservations.

use gage_domain::{
    ids::OrderId,
    inventory::{Inventory, InventoryCommand},
    order::Order,
    payment::{ClosingReason, Payment, PaymentCommand},
};

use crate::gateway::{Unit, UnitError};

/// Gives the order's stock back and closes its payment request: what rejecting, cancelling
/// and expiring have in common.
pub(super) fn let_go(
    unit: &mut Unit<'_>,
    id: OrderId,
    order: &Order,
    reason: ClosingReason,
) -> Result<(), UnitError> {
    unit.want::<Payment>([id.into()]);
    give_back(unit, id, order)?;
    unit.decide::<Payment>(id.into(), &PaymentCommand::Expire { reason })?;
    Ok(())
}

/// Gives the order's stock back.
pub(super) fn give_back(unit: &mut Unit<'_>, id: OrderId, order: &Order) -> Result<(), UnitError> {
    unit.want::<Inventory>(order.lines().iter().map(|line| line.sku));
    for line in order.lines() {
        unit.decide::<Inventory>(line.sku, &InventoryCommand::Release { order: id })?;
    }
    Ok(())
}

/// Turns the order's reservations into stock that has left.
pub(super) fn commit(unit: &mut Unit<'_>, id: OrderId, order: &Order) -> Result<(), UnitError> {
    unit.want::<Inventory>(order.lines().iter().map(|line| line.sku));
    for line in order.lines() {
        unit.decide::<Inventory>(line.sku, &InventoryCommand::Commit { order: id })?;
    }
    Ok(())
}
