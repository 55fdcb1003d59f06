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
pub(super) async fn let_go(
    unit: &mut Unit<'_>,
    id: OrderId,
    order: &Order,
    reason: ClosingReason,
) -> Result<(), UnitError> {
    for line in order.lines() {
        unit.decide::<Inventory>(line.sku, &InventoryCommand::Release { order: id })
            .await?;
    }
    unit.decide::<Payment>(id.into(), &PaymentCommand::Expire { reason })
        .await?;
    Ok(())
}

/// Turns the order's reservations into stock that has left.
pub(super) async fn commit(
    unit: &mut Unit<'_>,
    id: OrderId,
    order: &Order,
) -> Result<(), UnitError> {
    for line in order.lines() {
        unit.decide::<Inventory>(line.sku, &InventoryCommand::Commit { order: id })
            .await?;
    }
    Ok(())
}
