//! What a timeline shows of an event.

use std::str::FromStr;

use gage_domain::{
    order::OrderEvent,
    payment::{AttemptFailure, ClosingReason, LogRef, PaymentEvent, Terms},
    rate::Conversion,
    value::BaseUnits,
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::columns::UnknownName;

/// Something that happened to an order or to its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Milestone {
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

impl Milestone {
    /// Every milestone.
    pub const ALL: [Self; 24] = [
        Self::OrderPlaced,
        Self::OrderPaid,
        Self::OrderApproved,
        Self::OrderRejected,
        Self::OrderCancelled,
        Self::OrderExpired,
        Self::OrderShipped,
        Self::DeliveryConfirmed,
        Self::OrderCompleted,
        Self::OrderPaymentReverted,
        Self::OrderRefunded,
        Self::PaymentRequested,
        Self::AttemptReported,
        Self::PaymentDetected,
        Self::PaymentConfirmed,
        Self::PaymentReverted,
        Self::AttemptFailed,
        Self::PaymentExpired,
        Self::FundsReleased,
        Self::FundsRefunded,
        Self::DisputeOpened,
        Self::ReleaseReverted,
        Self::RefundReverted,
        Self::DisputeReverted,
    ];

    /// The event's type.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrderPlaced => "OrderPlaced",
            Self::OrderPaid => "OrderPaid",
            Self::OrderApproved => "OrderApproved",
            Self::OrderRejected => "OrderRejected",
            Self::OrderCancelled => "OrderCancelled",
            Self::OrderExpired => "OrderExpired",
            Self::OrderShipped => "OrderShipped",
            Self::DeliveryConfirmed => "DeliveryConfirmed",
            Self::OrderCompleted => "OrderCompleted",
            Self::OrderPaymentReverted => "OrderPaymentReverted",
            Self::OrderRefunded => "OrderRefunded",
            Self::PaymentRequested => "PaymentRequested",
            Self::AttemptReported => "AttemptReported",
            Self::PaymentDetected => "PaymentDetected",
            Self::PaymentConfirmed => "PaymentConfirmed",
            Self::PaymentReverted => "PaymentReverted",
            Self::AttemptFailed => "AttemptFailed",
            Self::PaymentExpired => "PaymentExpired",
            Self::FundsReleased => "FundsReleased",
            Self::FundsRefunded => "FundsRefunded",
            Self::DisputeOpened => "DisputeOpened",
            Self::ReleaseReverted => "ReleaseReverted",
            Self::RefundReverted => "RefundReverted",
            Self::DisputeReverted => "DisputeReverted",
        }
    }
}

impl FromStr for Milestone {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|milestone| milestone.as_str() == text)
            .ok_or_else(|| UnknownName::new(text))
    }
}

/// An order's event as a timeline shows it. What the order itself shows is left out.
pub(super) fn of_order(event: &OrderEvent) -> (Milestone, Value) {
    match event {
        OrderEvent::OrderPlaced { .. } => (Milestone::OrderPlaced, json!({})),
        OrderEvent::OrderPaid {} => (Milestone::OrderPaid, json!({})),
        OrderEvent::OrderApproved {} => (Milestone::OrderApproved, json!({})),
        OrderEvent::OrderRejected { reason } => {
            (Milestone::OrderRejected, json!({ "reason": reason }))
        }
        OrderEvent::OrderCancelled {} => (Milestone::OrderCancelled, json!({})),
        OrderEvent::OrderExpired {} => (Milestone::OrderExpired, json!({})),
        OrderEvent::OrderShipped { tracking } => (
            Milestone::OrderShipped,
            tracking.as_ref().map_or_else(
                || json!({}),
                |tracking| json!({ "carrier": tracking.carrier, "number": tracking.number }),
            ),
        ),
        OrderEvent::DeliveryConfirmed {} => (Milestone::DeliveryConfirmed, json!({})),
        OrderEvent::OrderCompleted {} => (Milestone::OrderCompleted, json!({})),
        OrderEvent::OrderPaymentReverted {} => (Milestone::OrderPaymentReverted, json!({})),
        OrderEvent::OrderRefunded {} => (Milestone::OrderRefunded, json!({})),
    }
}

/// A payment's event as a timeline shows it.
pub(super) fn of_payment(event: &PaymentEvent) -> (Milestone, Value) {
    match event {
        PaymentEvent::PaymentRequested { terms, conversion } => {
            let details = requested(terms);
            let details = match conversion {
                Some(conversion) => with(details, "price", priced(conversion)),
                None => details,
            };
            (Milestone::PaymentRequested, details)
        }
        PaymentEvent::AttemptReported { tx_hash, nonce, by } => (
            Milestone::AttemptReported,
            json!({ "txHash": tx_hash, "nonce": nonce.to_string(), "by": by }),
        ),
        PaymentEvent::PaymentDetected {
            log, payer, amount, ..
        } => (
            Milestone::PaymentDetected,
            with(seen(log, Some(*amount)), "payer", json!(payer)),
        ),
        PaymentEvent::PaymentConfirmed { log, confirmations } => (
            Milestone::PaymentConfirmed,
            with(
                seen(log, None),
                "confirmations",
                json!(confirmations.to_string()),
            ),
        ),
        PaymentEvent::PaymentReverted { log } => (Milestone::PaymentReverted, seen(log, None)),
        PaymentEvent::AttemptFailed { tx_hash, reason } => (
            Milestone::AttemptFailed,
            json!({ "txHash": tx_hash, "reason": failure_name(*reason) }),
        ),
        PaymentEvent::PaymentExpired { reason } => (
            Milestone::PaymentExpired,
            json!({ "reason": closing_name(*reason) }),
        ),
        PaymentEvent::FundsReleased { log, amount } => {
            (Milestone::FundsReleased, seen(log, Some(*amount)))
        }
        PaymentEvent::FundsRefunded { log, amount } => {
            (Milestone::FundsRefunded, seen(log, Some(*amount)))
        }
        PaymentEvent::DisputeOpened { log, by, .. } => (
            Milestone::DisputeOpened,
            with(seen(log, None), "by", json!(by)),
        ),
        PaymentEvent::ReleaseReverted { log, amount } => {
            (Milestone::ReleaseReverted, seen(log, Some(*amount)))
        }
        PaymentEvent::RefundReverted { log, amount } => {
            (Milestone::RefundReverted, seen(log, Some(*amount)))
        }
        PaymentEvent::DisputeReverted { log } => (Milestone::DisputeReverted, seen(log, None)),
    }
}

fn requested(terms: &Terms) -> Value {
    json!({
        "amount": terms.amount,
        "token": terms.token,
        // An instant without a text form is none that a buyer could meet.
        "deadline": terms.deadline.format(&Rfc3339).unwrap_or_default(),
        "escrow": terms.escrow,
        "chainId": terms.chain_id.to_string(),
    })
}

/// The price in fiat money, and the rate at which it became the amount.
fn priced(conversion: &Conversion) -> Value {
    json!({
        "fiat": conversion.fiat,
        "amount": conversion.amount,
        "rate": conversion.rate.price,
    })
}

fn seen(log: &LogRef, amount: Option<BaseUnits>) -> Value {
    let seen = json!({
        "txHash": log.tx_hash,
        "blockHash": log.block_hash,
        "blockNumber": log.block_number.to_string(),
        "logIndex": log.log_index.to_string(),
    });
    match amount {
        Some(amount) => with(seen, "amount", json!(amount)),
        None => seen,
    }
}

fn with(mut details: Value, name: &str, value: Value) -> Value {
    if let Value::Object(fields) = &mut details {
        fields.insert(name.to_owned(), value);
    }
    details
}

const fn failure_name(reason: AttemptFailure) -> &'static str {
    match reason {
        AttemptFailure::Reverted => "reverted",
        AttemptFailure::Replaced => "replaced",
        AttemptFailure::Dropped => "dropped",
    }
}

const fn closing_name(reason: ClosingReason) -> &'static str {
    match reason {
        ClosingReason::Lapsed => "lapsed",
        ClosingReason::OrderCancelled => "order_cancelled",
        ClosingReason::OrderRejected => "order_rejected",
        ClosingReason::OrderRefunded => "order_refunded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_milestone_has_the_name_of_an_event() {
        let types = [OrderEvent::TYPES, PaymentEvent::TYPES].concat();
        let names: Vec<_> = types.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, Milestone::ALL.map(Milestone::as_str));
    }

    #[test]
    fn milestones_are_read_back() {
        for milestone in Milestone::ALL {
            assert_eq!(milestone.as_str().parse(), Ok(milestone));
        }
        assert!("OrderLost".parse::<Milestone>().is_err());
    }
}
