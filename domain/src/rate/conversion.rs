//! From an amount of fiat money to an amount of tokens.

use alloy_primitives::U512;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    Decimal, Rate,
    decimal::{power_of_ten, wide},
};
use crate::value::{BaseUnits, Fiat, U256};

/// A price in fiat money with all that makes it an amount of tokens: frozen with the request of
/// a payment, so that anyone can work the amount out once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// The currency of the price.
    pub fiat: Fiat,
    /// The price, in minor units (won, cents).
    pub amount: BaseUnits,
    /// Digits after the point of the token: one token is 10^`token_decimals` base units.
    pub token_decimals: u8,
    /// What one token costs.
    pub rate: Rate,
}

/// Why an amount of fiat money is no amount of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ConversionFault {
    /// A price of nothing.
    #[error("the price is zero")]
    ZeroPrice,
    /// A token in smaller parts than are counted with.
    #[error("the token has more than {} decimals", Decimal::MAX_SCALE)]
    TooManyDecimals,
    /// The amount is above 2^256-1 base units.
    #[error("the amount of tokens is too large")]
    TooLarge,
}

impl Conversion {
    /// The price in base units of the token, rounded up: the least amount that is worth at least
    /// the price.
    ///
    /// ceil(`amount` / 10^(digits of the fiat) × 10^`token_decimals` / `rate`)
    ///
    /// ```
    /// use gage_domain::{
    ///     rate::{Conversion, Rate, RateSource},
    ///     value::{BaseUnits, Fiat},
    /// };
    /// use time::OffsetDateTime;
    ///
    /// let rate = Rate {
    ///     price: "3000000".parse().expect("a number"),
    ///     source: RateSource::Operator,
    ///     as_of: OffsetDateTime::UNIX_EPOCH,
    /// };
    /// // 1,000 won at 3,000,000 won for an ether: a third of a thousandth.
    /// let amount = BaseUnits::from(1_000);
    /// let cup = Conversion { fiat: Fiat::Krw, amount, token_decimals: 18, rate };
    /// assert_eq!(cup.tokens(), Ok(BaseUnits::from(333_333_333_333_334)));
    /// ```
    ///
    /// # Errors
    /// [`ConversionFault`].
    pub fn tokens(&self) -> Result<BaseUnits, ConversionFault> {
        if self.amount.is_zero() {
            return Err(ConversionFault::ZeroPrice);
        }
        if self.token_decimals > Decimal::MAX_SCALE {
            return Err(ConversionFault::TooManyDecimals);
        }
        // At most 256 + 120 + 120 bits, and 256 + 7: neither is cut off.
        let price = self.rate.price;
        let dividend = wide(self.amount.0)
            .saturating_mul(power_of_ten(self.token_decimals))
            .saturating_mul(power_of_ten(price.scale()));
        let divisor: U512 =
            wide(price.unscaled()).saturating_mul(power_of_ten(self.fiat.decimals()));
        U256::checked_from_limbs_slice(dividend.div_ceil(divisor).as_limbs())
            .map(BaseUnits)
            .ok_or(ConversionFault::TooLarge)
    }
}
