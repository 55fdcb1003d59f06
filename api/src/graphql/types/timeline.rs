//! What happened to an order.

use async_graphql::{Enum, Json, Object};
use gage_application::metadata::Actor;
use gage_projections::orders::TimelineRow;
use serde_json::Value;

use crate::graphql::scalars::{Address, Cursor, DateTime};

/// Something that happened to an order or to its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_projections::orders::Milestone")]
pub enum TimelineEvent {
    /// The buyer placed it.
    OrderPlaced,
    /// Its payment counts.
    OrderPaid,
    /// The owner will deliver.
    OrderApproved,
    /// The owner will not deliver.
    OrderRejected,
    /// The buyer gave it up.
    OrderCancelled,
    /// It was not paid in time.
    OrderExpired,
    /// It is on its way.
    OrderShipped,
    /// The buyer has it.
    DeliveryConfirmed,
    /// Nothing is left to do.
    OrderCompleted,
    /// Its payment left the chain again: it waits for it once more.
    OrderPaymentReverted,
    /// All that was paid went back to the buyer.
    OrderRefunded,
    /// A payment was asked for.
    PaymentRequested,
    /// The buyer reported a transaction.
    AttemptReported,
    /// The payment was seen on the chain.
    PaymentDetected,
    /// The payment is deep enough in the chain.
    PaymentConfirmed,
    /// The payment is not part of the chain any more.
    PaymentReverted,
    /// A reported transaction will not pay.
    AttemptFailed,
    /// The payment is not wanted any more.
    PaymentExpired,
    /// Money went to the seller.
    FundsReleased,
    /// Money went back to the buyer.
    FundsRefunded,
    /// A party asked the arbiter to decide.
    DisputeOpened,
    /// A release is not part of the chain any more: the money is held again.
    ReleaseReverted,
    /// A refund is not part of the chain any more: the money is held again.
    RefundReverted,
    /// A dispute is not part of the chain any more.
    DisputeReverted,
}

/// An entry of an order's history.
pub struct TimelineEntry(pub TimelineRow);

/// An entry of an order's history.
#[Object]
impl TimelineEntry {
    /// Its place in the history: where a subscription can go on.
    async fn cursor(&self) -> Cursor {
        Cursor(self.0.position)
    }

    /// What happened.
    async fn event(&self) -> TimelineEvent {
        self.0.milestone.into()
    }

    /// When it was decided.
    async fn at(&self) -> DateTime {
        DateTime(self.0.at)
    }

    /// The wallet that caused it; null when it was the server, on what it saw or on a deadline.
    async fn by(&self) -> Option<Address> {
        match self.0.actor {
            Actor::Wallet(address) => Some(Address(address)),
            Actor::System(_) | Actor::StoredSystem(_) => None,
        }
    }

    /// What belongs to it; amounts and large numbers as decimal strings.
    async fn details(&self) -> Json<Value> {
        Json(self.0.details.clone())
    }
}
