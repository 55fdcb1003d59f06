//! Amounts in base units.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use super::{Quantity, U256};

/// An amount in base units of a token (wei for ether), never a fraction.
///
/// In JSON, text and Postgres it is a decimal string: JSON numbers lose what is above 2^53.
///
/// ```
/// use gage_domain::value::{BaseUnits, InvalidAmount, Quantity};
///
/// let price: BaseUnits = "1500000000000000000".parse()?;
/// let three = Quantity::try_from(3_u32).expect("at least 1");
/// let cost = price.checked_mul(three).expect("far below 2^256");
/// assert_eq!(cost.to_string(), "4500000000000000000");
/// assert!("-1".parse::<BaseUnits>().is_err());
/// assert!("1.5".parse::<BaseUnits>().is_err());
/// # Ok::<(), InvalidAmount>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseUnits(pub U256);

/// A text that is no amount.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not an amount: decimal digits without sign, point or leading zeros, at most 2^256-1"
)]
pub struct InvalidAmount {
    /// What was given.
    pub text: String,
}

impl BaseUnits {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// The sum, or nothing when it is above 2^256-1.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, or nothing when it is below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The price of `quantity` pieces, or nothing when it is above 2^256-1.
    pub fn checked_mul(self, quantity: Quantity) -> Option<Self> {
        self.0.checked_mul(U256::from(quantity.get())).map(Self)
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }
}

impl From<u64> for BaseUnits {
    fn from(units: u64) -> Self {
        Self(U256::from(units))
    }
}

impl fmt::Display for BaseUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for BaseUnits {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAmount {
            text: text.chars().take(100).collect(),
        };
        let digits =
            !text.is_empty() && text.len() <= 78 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || (text.len() > 1 && text.starts_with('0')) {
            return Err(invalid());
        }
        U256::from_str_radix(text, 10)
            .map(Self)
            .map_err(|_| invalid())
    }
}

impl Serialize for BaseUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BaseUnits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
