//! Every reason for which the domain refuses a command.

use thiserror::Error;

use crate::{
    inventory::InventoryRejection, order::OrderRejection, payment::PaymentRejection,
    payout::PayoutRejection, product::ProductRejection, shop::ShopRejection,
};

/// A refusal of any aggregate. The state is as it was before the command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// A shop refused.
    #[error(transparent)]
    Shop(#[from] ShopRejection),
    /// A product refused.
    #[error(transparent)]
    Product(#[from] ProductRejection),
    /// An inventory refused.
    #[error(transparent)]
    Inventory(#[from] InventoryRejection),
    /// An order refused.
    #[error(transparent)]
    Order(#[from] OrderRejection),
    /// A payment refused.
    #[error(transparent)]
    Payment(#[from] PaymentRejection),
    /// A payout refused.
    #[error(transparent)]
    Payout(#[from] PayoutRejection),
}
