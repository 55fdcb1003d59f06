//! Value types of money, quantity and wallets. Wrong values cannot be made.

use std::{fmt, str::FromStr};

pub use alloy_primitives::{Address, B256, U256};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

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

/// What something costs: an amount of one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The token's contract; the zero address is the chain's native coin.
    pub token: Address,
    /// Base units of the token.
    pub amount: BaseUnits,
}
