//! Whether an aggregate could have decided an event in its state: the event's command is put to
//! it once more, at the time of the decision, and has to give that event and no other.

use gage_domain::{
    decider::Decider,
    inventory::{Inventory, InventoryCommand, InventoryEvent},
    order::{Order, OrderCommand, OrderEvent},
    payment::{Payment, PaymentCommand, PaymentEvent},
    payout::{Payout, PayoutCommand, PayoutEvent},
    product::{Product, ProductCommand, ProductEvent},
    shop::{Shop, ShopCommand, ShopEvent},
    value::{Address, B256},
};
use time::OffsetDateTime;

/// An aggregate of which it can be told which command leads to an event.
pub(super) trait Legal: Decider {
    /// The command that leads to the event in this state.
    fn command(&self, event: &Self::Event) -> Self::Command;
}

/// Looks whether an event could have happened.
///
/// # Errors
/// What would have happened instead, in words.
pub(super) fn check<D: Legal>(
    state: &D,
    event: &D::Event,
    decided_at: OffsetDateTime,
) -> Result<(), String> {
    match state.decide(&state.command(event), decided_at) {
        Ok(decided) if decided.len() == 1 && decided.first() == Some(event) => Ok(()),
        Ok(decided) => match decided.first() {
            None => Err("nothing: what the event says held already".to_owned()),
            Some(other) => Err(json(other)),
        },
        Err(rejection) => Err(format!("a refusal: {rejection}")),
    }
}

/// An event as the log would have it.
pub(super) fn json<E: serde::Serialize>(event: &E) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

impl Legal for Shop {
    fn command(&self, event: &ShopEvent) -> ShopCommand {
        let owner = || self.open().map_or(Address::ZERO, |shop| shop.owner);
        match event {
            ShopEvent::ShopOpened {
                owner,
                name,
                payout,
            } => ShopCommand::Open {
                owner: *owner,
                name: name.clone(),
                payout: *payout,
            },
            ShopEvent::ShopRevised { name } => ShopCommand::Revise {
                by: owner(),
                name: name.clone(),
            },
            ShopEvent::PayoutAddressChanged { payout } => ShopCommand::ChangePayoutAddress {
                by: owner(),
                payout: *payout,
            },
        }
    }
}

impl Legal for Product {
    fn command(&self, event: &ProductEvent) -> ProductCommand {
        match event {
            ProductEvent::ProductListed {
                shop,
                name,
                description,
                price,
            } => ProductCommand::List {
                shop: *shop,
                name: name.clone(),
                description: description.clone(),
                price: *price,
            },
            ProductEvent::ProductRevised { name, description } => ProductCommand::Revise {
                name: name.clone(),
                description: description.clone(),
            },
            ProductEvent::PriceChanged { price } => ProductCommand::ChangePrice { price: *price },
            ProductEvent::ImageChanged { image } => ProductCommand::ChangeImage { image: *image },
            ProductEvent::LowStockMarkChanged { mark } => {
                ProductCommand::ChangeLowStockMark { mark: *mark }
            }
            ProductEvent::ProductPublished {} => ProductCommand::Publish,
            ProductEvent::ProductUnpublished {} => ProductCommand::Unpublish,
        }
    }
}

impl Legal for Inventory {
    fn command(&self, event: &InventoryEvent) -> InventoryCommand {
        match event {
            InventoryEvent::StockReceived { quantity } => InventoryCommand::Receive {
                quantity: *quantity,
            },
            InventoryEvent::StockAdjusted { delta, reason } => InventoryCommand::Adjust {
                delta: *delta,
                reason: reason.clone(),
            },
            InventoryEvent::StockReserved { order, quantity } => InventoryCommand::Reserve {
                order: *order,
                quantity: *quantity,
            },
            InventoryEvent::ReservationReleased { order, .. } => {
                InventoryCommand::Release { order: *order }
            }
            InventoryEvent::ReservationCommitted { order, .. } => {
                InventoryCommand::Commit { order: *order }
            }
        }
    }
}

impl Legal for Order {
    fn command(&self, event: &OrderEvent) -> OrderCommand {
        match event {
            OrderEvent::OrderPlaced {
                buyer,
                shop,
                lines,
                total: _,
                pay_by,
                delivery,
            } => OrderCommand::Place {
                buyer: *buyer,
                shop: *shop,
                lines: lines.clone(),
                pay_by: *pay_by,
                delivery: delivery.clone(),
            },
            OrderEvent::OrderPaid {} => OrderCommand::MarkPaid,
            OrderEvent::OrderPaymentReverted {} => OrderCommand::MarkUnpaid,
            OrderEvent::OrderApproved {} => OrderCommand::Approve,
            OrderEvent::OrderRejected { reason } => OrderCommand::Reject {
                reason: reason.clone(),
            },
            OrderEvent::OrderCancelled {} => OrderCommand::Cancel,
            OrderEvent::OrderExpired {} => OrderCommand::Expire,
            OrderEvent::OrderShipped { tracking } => OrderCommand::Ship {
                tracking: tracking.clone(),
            },
            OrderEvent::DeliveryConfirmed {} => OrderCommand::ConfirmDelivery,
            OrderEvent::OrderCompleted {} => OrderCommand::Complete,
            OrderEvent::OrderRefunded {} => OrderCommand::MarkRefunded,
        }
    }
}

impl Legal for Payment {
    fn command(&self, event: &PaymentEvent) -> PaymentCommand {
        match event {
            PaymentEvent::PaymentRequested { terms, conversion } => PaymentCommand::Request {
                terms: terms.clone(),
                conversion: conversion.clone(),
            },
            PaymentEvent::AttemptReported { tx_hash, nonce, by } => PaymentCommand::ReportAttempt {
                tx_hash: *tx_hash,
                nonce: *nonce,
                by: *by,
            },
            PaymentEvent::PaymentDetected {
                log,
                payer,
                amount,
                mined_at,
            } => {
                // Key and token are not in the event; that they fit shows the listener's record.
                let known = self.request().map(|r| (r.terms.key, r.terms.token));
                let (key, token) = known.unwrap_or((B256::ZERO, Address::ZERO));
                PaymentCommand::Detect {
                    key,
                    log: *log,
                    payer: *payer,
                    token,
                    amount: *amount,
                    mined_at: *mined_at,
                }
            }
            PaymentEvent::PaymentConfirmed { log, confirmations } => PaymentCommand::Confirm {
                log: *log,
                confirmations: *confirmations,
            },
            PaymentEvent::PaymentReverted { log }
            | PaymentEvent::ReleaseReverted { log, .. }
            | PaymentEvent::RefundReverted { log, .. }
            | PaymentEvent::DisputeReverted { log } => PaymentCommand::Revert { log: *log },
            PaymentEvent::AttemptFailed { tx_hash, reason } => PaymentCommand::FailAttempt {
                tx_hash: *tx_hash,
                reason: *reason,
            },
            PaymentEvent::PaymentExpired { reason } => PaymentCommand::Expire { reason: *reason },
            PaymentEvent::FundsReleased { log, amount } => PaymentCommand::RecordRelease {
                log: *log,
                amount: *amount,
            },
            PaymentEvent::FundsRefunded { log, amount } => PaymentCommand::RecordRefund {
                log: *log,
                amount: *amount,
            },
            PaymentEvent::DisputeOpened { log, by, mined_at } => PaymentCommand::RecordDispute {
                log: *log,
                by: *by,
                mined_at: *mined_at,
            },
        }
    }
}

impl Legal for Payout {
    fn command(&self, event: &PayoutEvent) -> PayoutCommand {
        match event {
            PayoutEvent::FundsWithdrawn { log, amount } => PayoutCommand::RecordWithdrawal {
                log: *log,
                amount: *amount,
            },
            PayoutEvent::WithdrawalReverted { log, .. } => {
                PayoutCommand::RevertWithdrawal { log: *log }
            }
        }
    }
}
