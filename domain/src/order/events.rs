//! What can have happened to an order.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::OrderLine;
use crate::{
    ids::ShopId,
    personal::Sealed,
    value::{Address, Price},
};

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderEvent {
    /// A buyer placed the order. Prices and names are frozen here.
    OrderPlaced {
        /// The buyer's wallet.
        buyer: Address,
        /// The shop that sells.
        shop: ShopId,
        /// What is bought, each SKU once.
        lines: Vec<OrderLine>,
        /// What all lines cost together, in the currency of them all.
        total: Price,
        /// When the order expires if it is not paid.
        #[serde(with = "time::serde::rfc3339")]
        pay_by: OffsetDateTime,
        /// Where it goes, sealed; none when there is nothing to deliver.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<Sealed>,
    },
    /// The payment is confirmed.
    OrderPaid {},
    /// The payment left the chain again: a reorganisation took it back.
    OrderPaymentReverted {},
    /// The shop's owner will deliver.
    OrderApproved {},
    /// The shop's owner will not deliver.
    OrderRejected {
        /// Why, for the buyer to read.
        reason: String,
    },
    /// The buyer does not want it any more.
    OrderCancelled {},
    /// It was not paid in time.
    OrderExpired {},
    /// It is on its way.
    OrderShipped {
        /// Where to follow it, if the carrier offers that.
        tracking: Option<Tracking>,
    },
    /// The buyer has it.
    DeliveryConfirmed {},
    /// Nothing is left to do.
    OrderCompleted {},
    /// The whole of the payment went back to the buyer.
    OrderRefunded {},
}

/// Where to follow a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number of it.
    pub number: String,
}

impl OrderEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] = &[
        ("OrderPlaced", "2.1.0"),
        ("OrderPaid", "1.0.0"),
        ("OrderApproved", "1.0.0"),
        ("OrderRejected", "1.0.0"),
        ("OrderCancelled", "1.0.0"),
        ("OrderExpired", "1.0.0"),
        ("OrderShipped", "1.0.0"),
        ("DeliveryConfirmed", "1.0.0"),
        ("OrderCompleted", "1.0.0"),
        ("OrderPaymentReverted", "1.0.0"),
        ("OrderRefunded", "1.0.0"),
    ];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::OrderPlaced { .. } => Self::TYPES[0],
            Self::OrderPaid {} => Self::TYPES[1],
            Self::OrderApproved {} => Self::TYPES[2],
            Self::OrderRejected { .. } => Self::TYPES[3],
            Self::OrderCancelled {} => Self::TYPES[4],
            Self::OrderExpired {} => Self::TYPES[5],
            Self::OrderShipped { .. } => Self::TYPES[6],
            Self::DeliveryConfirmed {} => Self::TYPES[7],
            Self::OrderCompleted {} => Self::TYPES[8],
            Self::OrderPaymentReverted {} => Self::TYPES[9],
            Self::OrderRefunded {} => Self::TYPES[10],
        }
    }
}

impl DomainEvent for OrderEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
