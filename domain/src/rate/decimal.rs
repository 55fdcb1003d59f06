//! Positive decimal numbers, as price feeds and operators write them.

use std::{fmt, str::FromStr};

use alloy_primitives::U512;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

use crate::value::{I256, U256};

/// A positive decimal number: an integer, and how many of its digits stand after the point.
///
/// In text and JSON it is written out with all of these digits, so that nothing is lost.
///
/// ```
/// use gage_domain::{rate::{Decimal, InvalidDecimal}, value::I256};
///
/// let answer: I256 = "345012345678".parse().expect("a number");
/// let price = Decimal::of_answer(answer, 8)?;
/// assert_eq!(price.to_string(), "3450.12345678");
/// assert_eq!("3450.12345678".parse(), Ok(price));
/// assert_eq!(Decimal::of_answer(-answer, 8), Err(InvalidDecimal::Negative));
/// # Ok::<(), InvalidDecimal>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    unscaled: U256,
    scale: u8,
}

/// What is no positive decimal number, or none that can be counted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidDecimal {
    /// Nothing, or less than can be written.
    #[error("it is zero")]
    Zero,
    /// Below nothing.
    #[error("it is negative")]
    Negative,
    /// More digits after the point than are counted with.
    #[error("it has more than {} decimals", Decimal::MAX_SCALE)]
    TooManyDecimals,
    /// Above 2^256-1 units of the last digit.
    #[error("it is too large")]
    TooLarge,
    /// A text that is no number.
    #[error("it is not written as decimal digits with a point, without sign or leading zeros")]
    NotANumber,
}

impl Decimal {
    /// The most digits after the point. With it, and as many decimals of a token, every
    /// intermediate product of a conversion fits 512 bits: 10^36 is below 2^120.
    pub const MAX_SCALE: u8 = 36;

    /// Digits after the point of a quotient. Answers of feeds have 8 or 18.
    const QUOTIENT_SCALE: u8 = 18;

    /// `unscaled` / 10^`scale`.
    ///
    /// # Errors
    /// [`InvalidDecimal::Zero`] or [`InvalidDecimal::TooManyDecimals`].
    pub fn new(unscaled: U256, scale: u8) -> Result<Self, InvalidDecimal> {
        if scale > Self::MAX_SCALE {
            return Err(InvalidDecimal::TooManyDecimals);
        }
        if unscaled.is_zero() {
            return Err(InvalidDecimal::Zero);
        }
        Ok(Self { unscaled, scale })
    }

    /// The answer of a feed that counts in units of 10^-`decimals`.
    ///
    /// # Errors
    /// As [`Decimal::new`], and [`InvalidDecimal::Negative`].
    pub fn of_answer(answer: I256, decimals: u8) -> Result<Self, InvalidDecimal> {
        if answer.is_negative() {
            return Err(InvalidDecimal::Negative);
        }
        Self::new(answer.into_raw(), decimals)
    }

    /// All its digits as an integer.
    pub fn unscaled(self) -> U256 {
        self.unscaled
    }

    /// How many of them stand after the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The product, rounded down where it has too many decimals.
    ///
    /// # Errors
    /// [`InvalidDecimal::TooLarge`], or [`InvalidDecimal::Zero`] when nothing is left of it.
    pub fn checked_mul(self, other: Self) -> Result<Self, InvalidDecimal> {
        let product = wide(self.unscaled).saturating_mul(wide(other.unscaled));
        let scale = self.scale.saturating_add(other.scale);
        let surplus = scale.saturating_sub(Self::MAX_SCALE);
        narrow(product / power_of_ten(surplus), scale - surplus)
    }

    /// The quotient, rounded down to 18 decimals.
    ///
    /// # Errors
    /// [`InvalidDecimal::TooLarge`], or [`InvalidDecimal::Zero`] when nothing is left of it.
    pub fn checked_div(self, other: Self) -> Result<Self, InvalidDecimal> {
        // At most 256 + 120 + 60 bits.
        let dividend = wide(self.unscaled)
            .saturating_mul(power_of_ten(other.scale))
            .saturating_mul(power_of_ten(Self::QUOTIENT_SCALE));
        let divisor = wide(other.unscaled).saturating_mul(power_of_ten(self.scale));
        narrow(dividend / divisor, Self::QUOTIENT_SCALE)
    }
}

/// Wide enough for every product here.
pub(super) fn wide(number: U256) -> U512 {
    U512::from(number)
}

/// 10^`digits`, for 36 digits at most.
pub(super) fn power_of_ten(digits: u8) -> U512 {
    U512::from(10_u8).saturating_pow(U512::from(digits))
}

fn narrow(unscaled: U512, scale: u8) -> Result<Decimal, InvalidDecimal> {
    let unscaled = U256::checked_from_limbs_slice(unscaled.as_limbs());
    Decimal::new(unscaled.ok_or(InvalidDecimal::TooLarge)?, scale)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::from(self.scale);
        // At least one digit before the point.
        let digits = format!("{:0>width$}", self.unscaled.to_string(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        if fraction.is_empty() {
            f.write_str(whole)
        } else {
            write!(f, "{whole}.{fraction}")
        }
    }
}

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(InvalidDecimal::NotANumber),
            Some(parts) => parts,
            None => (text, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || leading_zero || !digits(whole) || !digits(fraction) {
            return Err(InvalidDecimal::NotANumber);
        }
        let scale = u8::try_from(fraction.len()).map_err(|_| InvalidDecimal::TooManyDecimals)?;
        let unscaled = U256::from_str_radix(&format!("{whole}{fraction}"), 10)
            .map_err(|_| InvalidDecimal::TooLarge)?;
        Self::new(unscaled, scale)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
