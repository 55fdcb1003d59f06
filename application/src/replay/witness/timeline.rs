//! What a timeline shows of an event, as the database prints it.

use gage_domain::{
    order::OrderEvent,
    payment::{AttemptFailure, ClosingReason, LogRef, PaymentEvent},
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{ports::replay::Row, position::LogPosition};

/// An entry of a timeline without its place.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::replay) struct Shown<'a> {
    pub(in crate::replay) milestone: &'a str,
    /// Microseconds since 1970.
    pub(in crate::replay) at: i64,
    pub(in crate::replay) actor: &'a str,
    pub(in crate::replay) details: &'a str,
}

/// What a row of a timeline shows, and at which event.
pub(in crate::replay) fn of_row(row: &Row) -> (LogPosition, Shown<'_>) {
    let text = |index: usize| row.get(index).and_then(Option::as_deref).unwrap_or("");
    let number = |index: usize| text(index).parse().unwrap_or(-1);
    let position = LogPosition {
        xact_id: number(1),
        position: number(2),
    };
    let shown = Shown {
        milestone: text(3),
        at: number(4),
        actor: text(5),
        details: text(6),
    };
    (position, shown)
}

/// Microseconds since 1970, as PostgreSQL keeps times.
pub(in crate::replay) fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).unwrap_or(i64::MAX)
}

type Fields = Vec<(&'static str, String)>;

/// A document as PostgreSQL prints a `jsonb`: shorter keys first, equally long ones by their
/// bytes.
fn printed(mut fields: Fields) -> String {
    fields.sort_by_key(|(name, _)| (name.len(), *name));
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn json<T: Serialize>(value: T) -> String {
    serde_json::to_string(&value).unwrap_or_default()
}

fn text(value: impl std::fmt::Display) -> String {
    json(value.to_string())
}

pub(in crate::replay) fn of_order(event: &OrderEvent) -> (&'static str, String) {
    let none = || "{}".to_owned();
    match event {
        OrderEvent::OrderPlaced { .. } => ("OrderPlaced", none()),
        OrderEvent::OrderPaid {} => ("OrderPaid", none()),
        OrderEvent::OrderApproved {} => ("OrderApproved", none()),
        OrderEvent::OrderRejected { reason } => {
            ("OrderRejected", printed(vec![("reason", json(reason))]))
        }
        OrderEvent::OrderCancelled {} => ("OrderCancelled", none()),
        OrderEvent::OrderExpired {} => ("OrderExpired", none()),
        OrderEvent::OrderShipped { tracking: None } => ("OrderShipped", none()),
        OrderEvent::OrderShipped {
            tracking: Some(tracking),
        } => {
            let carrier = ("carrier", json(&tracking.carrier));
            let number = ("number", json(&tracking.number));
            ("OrderShipped", printed(vec![carrier, number]))
        }
        OrderEvent::DeliveryConfirmed {} => ("DeliveryConfirmed", none()),
        OrderEvent::OrderCompleted {} => ("OrderCompleted", none()),
        OrderEvent::OrderPaymentReverted {} => ("OrderPaymentReverted", none()),
        OrderEvent::OrderRefunded {} => ("OrderRefunded", none()),
    }
}

pub(in crate::replay) fn of_payment(event: &PaymentEvent) -> (&'static str, String) {
    let (milestone, fields) = match event {
        PaymentEvent::PaymentRequested { terms, conversion } => {
            let mut fields = vec![
                ("amount", json(terms.amount)),
                ("token", json(terms.token)),
                (
                    "deadline",
                    json(terms.deadline.format(&Rfc3339).unwrap_or_default()),
                ),
                ("escrow", json(terms.escrow)),
                ("chainId", text(terms.chain_id)),
            ];
            if let Some(conversion) = conversion {
                let price = printed(vec![
                    ("fiat", json(conversion.fiat)),
                    ("amount", json(conversion.amount)),
                    ("rate", json(conversion.rate.price)),
                ]);
                fields.push(("price", price));
            }
            ("PaymentRequested", fields)
        }
        PaymentEvent::AttemptReported { tx_hash, nonce, by } => (
            "AttemptReported",
            vec![
                ("txHash", json(tx_hash)),
                ("nonce", text(nonce)),
                ("by", json(by)),
            ],
        ),
        PaymentEvent::PaymentDetected {
            log, payer, amount, ..
        } => {
            let with = [("amount", json(amount)), ("payer", json(payer))];
            ("PaymentDetected", seen(log, with))
        }
        PaymentEvent::PaymentConfirmed { log, confirmations } => {
            let depth = [("confirmations", text(confirmations))];
            ("PaymentConfirmed", seen(log, depth))
        }
        PaymentEvent::PaymentReverted { log } => ("PaymentReverted", seen(log, [])),
        PaymentEvent::AttemptFailed { tx_hash, reason } => (
            "AttemptFailed",
            vec![
                ("txHash", json(tx_hash)),
                ("reason", json(failure_name(*reason))),
            ],
        ),
        PaymentEvent::PaymentExpired { reason } => (
            "PaymentExpired",
            vec![("reason", json(closing_name(*reason)))],
        ),
        PaymentEvent::FundsReleased { log, amount } => {
            ("FundsReleased", seen(log, [("amount", json(amount))]))
        }
        PaymentEvent::FundsRefunded { log, amount } => {
            ("FundsRefunded", seen(log, [("amount", json(amount))]))
        }
        PaymentEvent::DisputeOpened { log, by, .. } => {
            ("DisputeOpened", seen(log, [("by", json(by))]))
        }
        PaymentEvent::ReleaseReverted { log, amount } => {
            ("ReleaseReverted", seen(log, [("amount", json(amount))]))
        }
        PaymentEvent::RefundReverted { log, amount } => {
            ("RefundReverted", seen(log, [("amount", json(amount))]))
        }
        PaymentEvent::DisputeReverted { log } => ("DisputeReverted", seen(log, [])),
    };
    (milestone, printed(fields))
}

fn seen<const N: usize>(log: &LogRef, with: [(&'static str, String); N]) -> Fields {
    let mut fields = vec![
        ("txHash", json(log.tx_hash)),
        ("blockHash", json(log.block_hash)),
        ("blockNumber", text(log.block_number)),
        ("logIndex", text(log.log_index)),
    ];
    fields.extend(with);
    fields
}

pub(super) const fn failure_name(failure: AttemptFailure) -> &'static str {
    match failure {
        AttemptFailure::Reverted => "reverted",
        AttemptFailure::Replaced => "replaced",
        AttemptFailure::Dropped => "dropped",
    }
}

pub(super) const fn closing_name(reason: ClosingReason) -> &'static str {
    match reason {
        ClosingReason::Lapsed => "lapsed",
        ClosingReason::OrderCancelled => "order_cancelled",
        ClosingReason::OrderRejected => "order_rejected",
        ClosingReason::OrderRefunded => "order_refunded",
    }
}
