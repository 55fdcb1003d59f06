//! Prices: an amount of a token on a chain, or of money that a state issues.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{Address, BaseUnits};

/// What can be paid with: a token on a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Asset {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The token's contract; the zero address is the chain's native coin.
    pub token: Address,
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {} of chain {}", self.token, self.chain_id)
    }
}

/// Money that a state issues, by its code (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Fiat {
    /// The South Korean won; it has no smaller unit.
    Krw,
    /// The US dollar; prices are in cents.
    Usd,
}

/// A text that is the code of no currency that prices can be in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no currency that prices can be in: KRW or USD")]
pub struct UnknownFiat {
    /// What was given.
    pub text: String,
}

impl Fiat {
    /// Every currency.
    pub const ALL: [Self; 2] = [Self::Krw, Self::Usd];

    /// Its code (ISO 4217).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Krw => "KRW",
            Self::Usd => "USD",
        }
    }

    /// Digits of its smaller unit (ISO 4217): a dollar is 10² cents.
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Krw => 0,
            Self::Usd => 2,
        }
    }
}

impl fmt::Display for Fiat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Fiat {
    type Err = UnknownFiat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|fiat| fiat.code() == text)
            .ok_or_else(|| UnknownFiat {
                text: text.chars().take(100).collect(),
            })
    }
}

/// What a price is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    /// A token.
    Token {
        /// Its chain (EIP-155). Prices of the time when a server had one chain name none: they
        /// mean the first one that is configured.
        chain_id: Option<u64>,
        /// Its contract; the zero address is the chain's native coin.
        token: Address,
    },
    /// Money that a state issues.
    Fiat(Fiat),
}

/// What a price is in, once it is known which chain is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denomination {
    /// A token.
    Token(Asset),
    /// Money that a state issues.
    Fiat(Fiat),
}

impl Currency {
    /// What is meant, where a token without a chain means one of the first chain.
    pub fn on(self, first_chain: u64) -> Denomination {
        match self {
            Self::Token { chain_id, token } => Denomination::Token(Asset {
                chain_id: chain_id.unwrap_or(first_chain),
                token,
            }),
            Self::Fiat(fiat) => Denomination::Fiat(fiat),
        }
    }
}

impl fmt::Display for Denomination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(asset) => fmt::Display::fmt(asset, f),
            Self::Fiat(fiat) => fmt::Display::fmt(fiat, f),
        }
    }
}

impl From<Denomination> for Currency {
    fn from(denomination: Denomination) -> Self {
        match denomination {
            Denomination::Token(asset) => asset.into(),
            Denomination::Fiat(fiat) => Self::Fiat(fiat),
        }
    }
}

impl From<Asset> for Currency {
    fn from(asset: Asset) -> Self {
        Self::Token {
            chain_id: Some(asset.chain_id),
            token: asset.token,
        }
    }
}

/// What something costs.
///
/// In JSON `{"chain_id": 1, "token": "0x…", "amount": "…"}`, without `chain_id` where no chain is
/// named, or `{"fiat": "KRW", "amount": "12000"}`.
///
/// ```
/// use gage_domain::value::{Asset, Fiat, Price};
///
/// let price: Price = serde_json::from_str(r#"{"fiat":"USD","amount":"1999"}"#)?;
/// assert_eq!(price, Price::fiat(Fiat::Usd, 1_999.into()));
/// let both = r#"{"fiat":"USD","chain_id":1,"amount":"1999"}"#;
/// assert!(serde_json::from_str::<Price>(both).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Price {
    /// What it is in.
    pub currency: Currency,
    /// Base units of the token, or minor units of the money (won, cents).
    pub amount: BaseUnits,
}

impl Price {
    /// An amount of a token, base units.
    pub fn token(asset: Asset, amount: BaseUnits) -> Self {
        Self {
            currency: asset.into(),
            amount,
        }
    }

    /// An amount of money that a state issues, minor units.
    pub fn fiat(fiat: Fiat, amount: BaseUnits) -> Self {
        Self {
            currency: Currency::Fiat(fiat),
            amount,
        }
    }

    /// The same with the token's chain named, where it was not.
    #[must_use]
    pub fn on(self, first_chain: u64) -> Self {
        Self {
            currency: self.currency.on(first_chain).into(),
            amount: self.amount,
        }
    }
}

/// A price that is in no currency, or in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a price is in a token, with or without its chain, or in a fiat currency")]
pub struct InvalidPrice;

/// A price as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fiat: Option<Fiat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Address>,
    amount: BaseUnits,
}

impl TryFrom<Written> for Price {
    type Error = InvalidPrice;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let currency = match (written.fiat, written.chain_id, written.token) {
            (Some(fiat), None, None) => Currency::Fiat(fiat),
            (None, chain_id, Some(token)) => Currency::Token { chain_id, token },
            _ => return Err(InvalidPrice),
        };
        Ok(Self {
            currency,
            amount: written.amount,
        })
    }
}

impl From<Price> for Written {
    fn from(price: Price) -> Self {
        let (fiat, chain_id, token) = match price.currency {
            Currency::Fiat(fiat) => (Some(fiat), None, None),
            Currency::Token { chain_id, token } => (None, chain_id, Some(token)),
        };
        Self {
            fiat,
            chain_id,
            token,
            amount: price.amount,
        }
    }
}
