//! What an order's money allows.

use gage_domain::{ids::OrderId, payment::Payment};

use crate::gateway::{Refusal, Unit, UnitError};

/// Passes unless the order's money is in dispute: nothing is decided about the order before the
/// dispute is.
pub(super) fn undisputed(unit: &mut Unit<'_>, order: OrderId) -> Result<(), UnitError> {
    match unit.state::<Payment>(order.into())?.open_dispute() {
        Some(by) => Err(Refusal::InDispute { order, by }.into()),
        None => Ok(()),
    }
}

/// Passes unless a part of the order's money went to the seller, while the rest did not go back to
/// the buyer: an order that is given up then would leave the seller with money and goods.
pub(super) fn unreleased(unit: &mut Unit<'_>, order: OrderId) -> Result<(), UnitError> {
    let Some(escrow) = unit.state::<Payment>(order.into())?.escrow() else {
        return Ok(());
    };
    let settled_by_both = escrow.held().is_zero() && !escrow.refunded().is_zero();
    if escrow.released().is_zero() || settled_by_both {
        return Ok(());
    }
    let released = escrow.released();
    Err(Refusal::AlreadyReleased { order, released }.into())
}

/// Passes if the order's money is there. It may have been taken back by a reorganisation after
/// the order was paid, or have gone back to the buyer.
pub(super) fn funded(unit: &mut Unit<'_>, order: OrderId) -> Result<(), UnitError> {
    let escrow = unit.state::<Payment>(order.into())?.escrow();
    match escrow {
        Some(escrow) if !escrow.is_given_back() => Ok(()),
        _ => Err(Refusal::NotFunded { order }.into()),
    }
}
