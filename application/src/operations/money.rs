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

/// Passes if the order's money is there. It may have been taken back by a reorganisation after
/// the order was paid, or have gone back to the buyer.
pub(super) fn funded(unit: &mut Unit<'_>, order: OrderId) -> Result<(), UnitError> {
    let escrow = unit.state::<Payment>(order.into())?.escrow();
    match escrow {
        Some(escrow) if !escrow.is_given_back() => Ok(()),
        _ => Err(Refusal::NotFunded { order }.into()),
    }
}
