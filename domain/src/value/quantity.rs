//! Numbers of pieces.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A number of pieces: at least 1, at most [`Quantity::MAX`].
///
/// ```
/// use gage_domain::value::Quantity;
///
/// assert!(Quantity::try_from(1_i64).is_ok());
/// assert!(Quantity::try_from(0_i64).is_err());
/// assert_eq!(Quantity::MAX.checked_add(Quantity::MAX), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Quantity(u32);

/// A number that is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{given} is not a quantity: 1 to {}", Quantity::MAX.get())]
pub struct InvalidQuantity {
    /// What was given.
    pub given: i64,
}

impl Quantity {
    /// The largest quantity: fits GraphQL's 32-bit `Int`.
    pub const MAX: Self = Self(1_000_000_000);

    /// The number of pieces.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The sum, or nothing above [`Quantity::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0
            .checked_add(other.0)
            .and_then(|sum| Self::try_from(sum).ok())
    }
}

impl TryFrom<i64> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(given: i64) -> Result<Self, Self::Error> {
        match u32::try_from(given) {
            Ok(pieces) if (1..=Self::MAX.0).contains(&pieces) => Ok(Self(pieces)),
            _ => Err(InvalidQuantity { given }),
        }
    }
}

impl TryFrom<u32> for Quantity {
    type Error = InvalidQuantity;

    fn try_from(given: u32) -> Result<Self, Self::Error> {
        Self::try_from(i64::from(given))
    }
}

impl From<Quantity> for u32 {
    fn from(quantity: Quantity) -> Self {
        quantity.0
    }
}
