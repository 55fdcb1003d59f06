//! The kernel for value: funded = held + released + refunded.
//!
//! The escrow of a payment is its first use; balances and pledges are the same thing. What is
//! held is derived, so the equation holds by construction as long as
//! released + refunded ≤ funded, which every change keeps.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::value::BaseUnits;

/// Value that was put in, and where it went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escrow {
    funded: BaseUnits,
    released: BaseUnits,
    refunded: BaseUnits,
}

/// More would leave than is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{requested} base units cannot leave, {held} are held")]
pub struct MoreThanHeld {
    /// What is held.
    pub held: BaseUnits,
    /// What would leave.
    pub requested: BaseUnits,
}

impl Escrow {
    /// An escrow into which an amount was put.
    #[must_use]
    pub fn funded_with(amount: BaseUnits) -> Self {
        Self {
            funded: amount,
            ..Self::default()
        }
    }

    /// All that was ever put in.
    pub fn funded(&self) -> BaseUnits {
        self.funded
    }

    /// What went to the seller.
    pub fn released(&self) -> BaseUnits {
        self.released
    }

    /// What went back to the buyer.
    pub fn refunded(&self) -> BaseUnits {
        self.refunded
    }

    /// What is still there.
    pub fn held(&self) -> BaseUnits {
        self.funded
            .checked_sub(self.released)
            .and_then(|rest| rest.checked_sub(self.refunded))
            .unwrap_or(BaseUnits::ZERO)
    }

    /// Whether nothing left yet.
    pub fn is_untouched(&self) -> bool {
        self.released.is_zero() && self.refunded.is_zero()
    }

    /// Whether all of it left, and went back to the buyer.
    pub fn is_given_back(&self) -> bool {
        !self.refunded.is_zero() && self.refunded == self.funded
    }

    /// Whether all of it left, and the seller got at least a part.
    pub fn is_settled(&self) -> bool {
        !self.released.is_zero() && self.held().is_zero()
    }

    /// The escrow after an amount went to the seller.
    ///
    /// # Errors
    /// [`MoreThanHeld`].
    pub fn release(self, amount: BaseUnits) -> Result<Self, MoreThanHeld> {
        self.check_leaves(amount)?;
        // Cannot be none: released + amount is at most funded.
        let released = self.released.checked_add(amount).unwrap_or(self.released);
        Ok(Self { released, ..self })
    }

    /// The escrow after an amount went back to the buyer.
    ///
    /// # Errors
    /// [`MoreThanHeld`].
    pub fn refund(self, amount: BaseUnits) -> Result<Self, MoreThanHeld> {
        self.check_leaves(amount)?;
        // Cannot be none: refunded + amount is at most funded.
        let refunded = self.refunded.checked_add(amount).unwrap_or(self.refunded);
        Ok(Self { refunded, ..self })
    }

    fn check_leaves(&self, requested: BaseUnits) -> Result<(), MoreThanHeld> {
        let held = self.held();
        if requested > held {
            Err(MoreThanHeld { held, requested })
        } else {
            Ok(())
        }
    }
}
