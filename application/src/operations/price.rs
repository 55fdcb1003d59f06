//! What prices are taken.

use gage_domain::value::Price;

use crate::gateway::{Refusal, Unit, UnitError};

/// Passes if the payment rail takes the price's token.
pub(super) fn accepted(unit: &Unit<'_>, price: Price) -> Result<(), UnitError> {
    if unit.rail().accepts(price.token) {
        return Ok(());
    }
    Err(Refusal::TokenNotAccepted { token: price.token }.into())
}
