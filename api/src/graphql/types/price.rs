//! Amounts of a token.

use async_graphql::{InputObject, SimpleObject};
use gage_domain::value;

use crate::graphql::scalars::{Address, BaseUnits};

/// An amount of one token.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Price {
    /// The token's contract; the zero address is the chain's own coin.
    pub token: Address,
    /// In the token's smallest unit.
    pub amount: BaseUnits,
}

impl From<value::Price> for Price {
    fn from(price: value::Price) -> Self {
        Self {
            token: Address(price.token),
            amount: BaseUnits(price.amount),
        }
    }
}

/// An amount of one token.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct PriceInput {
    /// The token's contract; the chain's own coin when it is left out.
    pub token: Option<Address>,
    /// In the token's smallest unit.
    pub amount: BaseUnits,
}

impl From<PriceInput> for value::Price {
    fn from(input: PriceInput) -> Self {
        let token = input.token.map_or(value::Address::ZERO, |token| token.0);
        Self {
            token,
            amount: input.amount.0,
        }
    }
}
