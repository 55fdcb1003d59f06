//! Prices in columns: the chain, the token or the fiat currency, and the amount.

use gage_domain::value::{Currency, Price};

use crate::{columns::Columns, failure::QueryError};

/// What the columns of a price are called. Chain and amount are numbers that queries cast to text.
pub(crate) struct PriceNames {
    chain_id: &'static str,
    token: &'static str,
    fiat: &'static str,
    amount: &'static str,
}

impl PriceNames {
    /// `price_chain_id`, `price_token`, `price_fiat`, and the amount as it is called.
    pub(crate) const fn price(amount: &'static str) -> Self {
        Self {
            chain_id: "price_chain_id",
            token: "price_token",
            fiat: "price_fiat",
            amount,
        }
    }

    /// `total_chain_id`, `total_token`, `total_fiat` and `total`.
    pub(crate) const TOTAL: Self = Self {
        chain_id: "total_chain_id",
        token: "total_token",
        fiat: "total_fiat",
        amount: "total",
    };
}

impl Columns<'_> {
    pub(crate) fn price(self, names: &PriceNames) -> Result<Price, QueryError> {
        let currency = match self.optional_address(names.token)? {
            Some(token) => Currency::Token {
                chain_id: self.optional(names.chain_id)?,
                token,
            },
            None => Currency::Fiat(self.parse(names.fiat)?),
        };
        Ok(Price {
            currency,
            amount: self.parse(names.amount)?,
        })
    }

    /// The same, or null.
    pub(crate) fn optional_price(self, names: &PriceNames) -> Result<Option<Price>, QueryError> {
        match self.get::<Option<&str>>(names.amount)? {
            Some(_) => self.price(names).map(Some),
            None => Ok(None),
        }
    }
}

/// The column of a price's chain.
pub(crate) fn chain_of(price: &Price) -> Option<String> {
    match &price.currency {
        Currency::Token { chain_id, .. } => chain_id.map(|chain_id| chain_id.to_string()),
        Currency::Fiat(_) => None,
    }
}

/// The column of a price's token.
pub(crate) fn token_of(price: &Price) -> Option<&[u8]> {
    match &price.currency {
        Currency::Token { token, .. } => Some(token.as_slice()),
        Currency::Fiat(_) => None,
    }
}

/// The column of a price's fiat currency.
pub(crate) fn fiat_of(price: &Price) -> Option<&'static str> {
    match price.currency {
        Currency::Token { .. } => None,
        Currency::Fiat(fiat) => Some(fiat.code()),
    }
}
