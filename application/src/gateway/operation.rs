//! What goes through the gateway, and why it may be refused.

use std::fmt;

use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    rejection::Rejection,
    value::{Address, Asset, BaseUnits, Denomination, Price},
};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use super::{group::GroupId, loading::Cold};
use crate::{
    gateway::Unit,
    ports::{
        chain::{AcceptedAsset, RateUnavailable},
        event_log::LogError,
    },
};

/// Something a user, a reaction or the listener wants done. Its fields are its arguments;
/// they are hashed (as JSON) to recognise a repetition.
pub trait Operation: Serialize + Send + Sync + 'static {
    /// Its name in metrics and in the request's hash. Never changes.
    const NAME: &'static str;
    /// Whether it is committed alone. MUST be so when it moves the chain cursor.
    const ALONE: bool = false;
    /// The answer, stored with the idempotency key.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// Reads states from the unit and puts commands to aggregates. Runs again when an aggregate
    /// had to be loaded first, and after a conflict, so it MUST NOT have other effects.
    ///
    /// # Errors
    /// [`UnitError`], also that of the unit: an operation passes it on with `?`.
    fn run(&self, unit: &mut Unit<'_>) -> Result<Self::Output, UnitError>;
}

/// Why an operation was refused. Nothing was written.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Refusal {
    /// A rule of the domain.
    #[error(transparent)]
    Rejected(Rejection),
    /// There is no such thing, or not for this caller.
    #[error("no such {0}")]
    NotFound(What),
    /// A product's price is not the one that the customer saw.
    #[error("the price of product {product} has changed")]
    PriceChanged {
        /// The product.
        product: ProductId,
        /// What the customer saw.
        seen: Price,
        /// What it costs now.
        now: Price,
    },
    /// A product is not there in that number.
    #[error("product {product} is out of stock: {available} left, {requested} requested")]
    OutOfStock {
        /// The product.
        product: ProductId,
        /// Pieces that can still be reserved.
        available: u32,
        /// Pieces that were asked for.
        requested: u32,
    },
    /// A product of another shop in the order.
    #[error("product {product} is not sold by shop {shop}")]
    OtherShop {
        /// The product.
        product: ProductId,
        /// The order's shop.
        shop: ShopId,
    },
    /// Prices in this are not taken: no payment is taken in this token, or nothing that is taken
    /// has a rate in this fiat currency.
    #[error("prices in {denomination} are not accepted")]
    CurrencyNotAccepted {
        /// What the price is in.
        denomination: Denomination,
    },
    /// The order can be paid with several assets, and does not say with which.
    #[error("say what the order is to be paid with: {}", listed(choices))]
    PayWithMissing {
        /// What can be chosen.
        choices: Vec<AcceptedAsset>,
    },
    /// The order cannot be paid with this asset.
    #[error("the order cannot be paid with {asset}, but with {}", listed(choices))]
    PayWithRefused {
        /// What was chosen.
        asset: Asset,
        /// What can be chosen.
        choices: Vec<AcceptedAsset>,
    },
    /// There is no rate now at which a price in fiat money could be paid.
    #[error(transparent)]
    RateUnavailable(#[from] RateUnavailable),
    /// The order's payment is not confirmed (any more), or went back whole.
    #[error("the payment of order {order} is not there")]
    NotFunded {
        /// The order.
        order: OrderId,
    },
    /// The order cannot be given up: a part of its money went to the seller already.
    #[error("{released} base units of the payment of order {order} went to the seller already")]
    AlreadyReleased {
        /// The order.
        order: OrderId,
        /// What went to the seller.
        released: BaseUnits,
    },
    /// The order was to be paid into a contract that is not followed any more: what is paid there
    /// would not be seen.
    #[error("order {order} was to be paid into a contract that takes no payments any more")]
    EscrowRetired {
        /// The order.
        order: OrderId,
    },
    /// The order's money is in dispute: nothing is decided about the order until the arbiter, or
    /// a party that gives in, has decided about the money.
    #[error(
        "the payment of order {order} is in dispute, opened by {by}: the money is decided first"
    )]
    InDispute {
        /// The order.
        order: OrderId,
        /// Who opened the dispute.
        by: Address,
    },
    /// The order waits for no payment.
    #[error("order {order} is not awaiting payment")]
    NotAwaitingPayment {
        /// The order.
        order: OrderId,
    },
}

/// What can be chosen, in words.
fn listed(choices: &[AcceptedAsset]) -> String {
    let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
    choices.join(" or ")
}

/// Kinds of things that may not be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A shop.
    Shop,
    /// A product.
    Product,
    /// An order.
    Order,
    /// A payment.
    Payment,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shop => "shop",
            Self::Product => "product",
            Self::Order => "order",
            Self::Payment => "payment",
        })
    }
}

/// Why a unit of work stopped.
#[derive(Debug, Error)]
pub enum UnitError {
    /// A rule forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The event log cannot be read, or what was decided cannot be written down.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It cannot be decided right now; the gateway runs the operation again.
    #[error("not to be decided right now")]
    NotNow(NotNow),
}

/// What has to happen before an operation can be decided.
#[derive(Debug)]
pub enum NotNow {
    /// Aggregates have to be loaded.
    Cold(Vec<Cold>),
    /// A group that wrote to an aggregate has to be committed.
    Committing(GroupId),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Rejection> for UnitError {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection.into())
    }
}
