//! Histories of a payment that several tests start from.

use gage_domain::payment::{ClosingReason, PaymentCommand, PaymentEvent};

use crate::samples::{BUYER, NOON, log, requested_on, terms};

pub(crate) fn requested() -> PaymentEvent {
    requested_on(terms())
}

/// The payment, seen as the first log of a block.
pub(crate) fn detected(block: u8) -> PaymentEvent {
    PaymentEvent::PaymentDetected {
        log: log(block, 0),
        payer: BUYER,
        amount: terms().amount,
        mined_at: Some(NOON),
    }
}

pub(crate) fn confirmed(block: u8) -> PaymentEvent {
    PaymentEvent::PaymentConfirmed {
        log: log(block, 0),
        confirmations: 12,
    }
}

pub(crate) fn closed(reason: ClosingReason) -> PaymentEvent {
    PaymentEvent::PaymentExpired { reason }
}

pub(crate) fn expire(reason: ClosingReason) -> PaymentCommand {
    PaymentCommand::Expire { reason }
}

pub(crate) fn detected_history() -> Vec<PaymentEvent> {
    vec![requested(), detected(1)]
}

pub(crate) fn confirmed_history() -> Vec<PaymentEvent> {
    vec![requested(), detected(1), confirmed(1)]
}
