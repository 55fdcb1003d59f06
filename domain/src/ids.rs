//! Identifiers: one type per kind of thing, mostly of a UUID, so that they cannot be mixed up.
//!
//! ```
//! use gage_domain::ids::{OrderId, PaymentId};
//!
//! let order: OrderId = "00000000-0000-0000-0000-00000000abcd".parse()?;
//! assert_eq!(PaymentId::from(order).to_string(), order.to_string());
//! // One stream has one name.
//! assert!("00000000-0000-0000-0000-00000000ABCD".parse::<OrderId>().is_err());
//! # Ok::<(), gage_domain::ids::InvalidId>(())
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::value::Address;

/// A text that is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is no identifier")]
pub struct InvalidId {
    /// What was given.
    pub text: String,
}

/// What names one stream of an aggregate's events. Printed form and parsed form are the same.
pub trait StreamId:
    Copy + fmt::Debug + fmt::Display + FromStr<Err = InvalidId> + Ord + Send + Sync + 'static
{
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // The hyphenated lower-case form only: one stream has one name.
                match Uuid::parse_str(text) {
                    Ok(id) if id.hyphenated().to_string() == text => Ok(Self(id)),
                    _ => Err(InvalidId { text: text.to_owned() }),
                }
            }
        }

        impl StreamId for $name {}
    };
}

uuid_id!(
    /// A shop.
    ShopId
);
uuid_id!(
    /// A product of a shop.
    ProductId
);
uuid_id!(
    /// A stock-keeping unit: what the Inventory aggregate counts.
    SkuId
);
uuid_id!(
    /// An order. The payment of an order has the same UUID.
    OrderId
);
uuid_id!(
    /// The payment of an order: the order's own UUID, as one order has one payment.
    PaymentId
);

/// What one account took out of one escrow in one token: told by these four, so that whoever
/// sees a withdrawal on a chain knows its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PayoutId {
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The escrow contract.
    pub escrow: Address,
    /// Who took it out.
    pub account: Address,
    /// The token's contract; the zero address is the chain's native coin.
    pub token: Address,
}

impl fmt::Display for PayoutId {
    /// `CHAIN-ESCROW-ACCOUNT-TOKEN`, addresses in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            chain_id,
            escrow,
            account,
            token,
        } = self;
        write!(f, "{chain_id}-{escrow:#x}-{account:#x}-{token:#x}")
    }
}

impl FromStr for PayoutId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidId {
            text: text.to_owned(),
        };
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or_else(invalid);
        let chain_id = next()?.parse().map_err(|_| invalid())?;
        let mut address = || next()?.parse::<Address>().map_err(|_| invalid());
        let id = Self {
            chain_id,
            escrow: address()?,
            account: address()?,
            token: address()?,
        };
        // One stream has one name: no capitals, no leading zeros, nothing after it.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(invalid())
        }
    }
}

impl StreamId for PayoutId {}

impl From<OrderId> for PaymentId {
    fn from(order: OrderId) -> Self {
        Self(order.0)
    }
}

impl From<PaymentId> for OrderId {
    fn from(payment: PaymentId) -> Self {
        Self(payment.0)
    }
}

impl From<ProductId> for SkuId {
    /// The SKU of a product that is sold in one variant.
    fn from(product: ProductId) -> Self {
        Self(product.0)
    }
}
