//! What can be asked of a payment, and when it is refused.
//!
//! What the chain shows is recorded also after the payment was closed: money that slipped
//! through must be seen to be given back ([`Payment::refund_due`]). It never revives the order.

use time::OffsetDateTime;

use super::{
    Attempt, AttemptFailure, AttemptStanding, ClosingReason, Funding, LogRef, MovementKind,
    Payment, PaymentEvent, PaymentRejection, Request, Sighting, Standing, Terms, TermsFault,
};
use crate::{
    policy,
    rate::Conversion,
    value::{Address, B256, BaseUnits},
};

/// What can be asked of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentCommand {
    /// Asks for the payment.
    Request {
        /// What it is to be.
        terms: Terms,
        /// How a price in fiat money became the amount of the terms; none for a price in a token.
        conversion: Option<Box<Conversion>>,
    },
    /// The buyer says that a transaction is on its way.
    ReportAttempt {
        /// The transaction.
        tx_hash: B256,
        /// Its nonce.
        nonce: u64,
        /// Who says so.
        by: Address,
    },
    /// The escrow's log of a payment was seen.
    Detect {
        /// The payment that the log names.
        key: B256,
        /// Where it was seen.
        log: LogRef,
        /// Who paid.
        payer: Address,
        /// The token that the log names.
        token: Address,
        /// The amount that the log names.
        amount: BaseUnits,
        /// When its block was made, if the node said so.
        mined_at: Option<OffsetDateTime>,
    },
    /// The log is deep enough in the chain.
    Confirm {
        /// The log.
        log: LogRef,
        /// How deep it is.
        confirmations: u64,
    },
    /// The log's block is not part of the chain any more: the payment's own, or one of those
    /// after it, which MUST be reverted first.
    Revert {
        /// The log.
        log: LogRef,
    },
    /// A reported transaction will not pay.
    FailAttempt {
        /// The transaction.
        tx_hash: B256,
        /// Why.
        reason: AttemptFailure,
    },
    /// The payment is not wanted any more.
    Expire {
        /// Why.
        reason: ClosingReason,
    },
    /// Money went to the seller.
    RecordRelease {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// Money went back to the buyer.
    RecordRefund {
        /// The escrow's log of it.
        log: LogRef,
        /// Base units of the token.
        amount: BaseUnits,
    },
    /// A party asked the arbiter to decide.
    RecordDispute {
        /// The escrow's log of it.
        log: LogRef,
        /// The party.
        by: Address,
        /// When its block was made, if the node said so.
        mined_at: Option<OffsetDateTime>,
    },
}

type Decision = Result<Vec<PaymentEvent>, PaymentRejection>;

pub(super) fn decide(payment: &Payment, command: &PaymentCommand) -> Decision {
    if let PaymentCommand::Request { terms, conversion } = command {
        return request_payment(payment, terms, conversion.as_deref());
    }
    let request = payment.request()?;
    match command {
        PaymentCommand::Request { .. } => Err(PaymentRejection::AlreadyRequested),
        PaymentCommand::ReportAttempt { tx_hash, nonce, by } => {
            report_attempt(request, *tx_hash, *nonce, *by)
        }
        PaymentCommand::Detect {
            key,
            log,
            payer,
            token,
            amount,
            mined_at,
        } => {
            check_matches(&request.terms, *key, log, *token, *amount)?;
            let seen = Sighting {
                log: *log,
                payer: *payer,
                amount: *amount,
            };
            detect(request, seen, *mined_at)
        }
        PaymentCommand::Confirm { log, confirmations } => confirm(request, log, *confirmations),
        PaymentCommand::Revert { log } => revert(request, log),
        PaymentCommand::FailAttempt { tx_hash, reason } => fail_attempt(request, *tx_hash, *reason),
        PaymentCommand::Expire { reason } => expire(request, *reason),
        PaymentCommand::RecordRelease { log, amount } => {
            record(request, log, MovementKind::Released(*amount), None)
        }
        PaymentCommand::RecordRefund { log, amount } => {
            record(request, log, MovementKind::Refunded(*amount), None)
        }
        PaymentCommand::RecordDispute { log, by, mined_at } => {
            record(request, log, MovementKind::Disputed(*by), *mined_at)
        }
    }
}

fn request_payment(payment: &Payment, terms: &Terms, conversion: Option<&Conversion>) -> Decision {
    if let Ok(request) = payment.request() {
        let same = request.terms == *terms;
        return if same {
            Ok(vec![])
        } else {
            Err(PaymentRejection::AlreadyRequested)
        };
    }
    check_terms(terms).map_err(PaymentRejection::Terms)?;
    if let Some(conversion) = conversion {
        check_converted(terms, conversion).map_err(PaymentRejection::Terms)?;
    }
    Ok(vec![PaymentEvent::PaymentRequested {
        terms: terms.clone(),
        conversion: conversion.cloned().map(Box::new),
    }])
}

fn check_terms(terms: &Terms) -> Result<(), TermsFault> {
    if terms.amount.is_zero() {
        return Err(TermsFault::ZeroAmount);
    }
    if terms.buyer.is_zero() {
        return Err(TermsFault::ZeroBuyer);
    }
    if terms.seller.is_zero() {
        return Err(TermsFault::ZeroSeller);
    }
    if terms.escrow.is_zero() {
        return Err(TermsFault::ZeroEscrow);
    }
    if terms.deadline.nanosecond() != 0 {
        return Err(TermsFault::DeadlineInFractions);
    }
    if terms.deadline.unix_timestamp() < 0 {
        return Err(TermsFault::DeadlineBeforeEpoch);
    }
    Ok(())
}

/// What is asked for is what the price is at the rate that is frozen beside it.
fn check_converted(terms: &Terms, conversion: &Conversion) -> Result<(), TermsFault> {
    let converted = conversion.tokens().map_err(TermsFault::Conversion)?;
    if converted == terms.amount {
        Ok(())
    } else {
        Err(TermsFault::NotAtTheRate { converted })
    }
}

fn report_attempt(request: &Request, tx_hash: B256, nonce: u64, by: Address) -> Decision {
    if by != request.terms.buyer {
        return Err(PaymentRejection::NotTheBuyer);
    }
    if let Some(attempt) = find_attempt(request, tx_hash) {
        let reported = attempt.nonce;
        return if reported == nonce {
            Ok(vec![])
        } else {
            Err(PaymentRejection::NonceDiffers { reported })
        };
    }
    if let Funding::Confirmed(deposit) = &request.funding {
        // The proof was faster than the hint: nothing is new, and nothing is wrong.
        let known = deposit.sighting.log.tx_hash == tx_hash;
        return if known {
            Ok(vec![])
        } else {
            Err(PaymentRejection::AlreadyPaid)
        };
    }
    if let Standing::Closed(reason) = request.standing {
        return Err(PaymentRejection::Closed { reason });
    }
    if request.attempts.len() >= policy::MAX_ATTEMPTS {
        return Err(PaymentRejection::TooManyAttempts);
    }
    Ok(vec![PaymentEvent::AttemptReported { tx_hash, nonce, by }])
}

fn find_attempt(request: &Request, tx_hash: B256) -> Option<&Attempt> {
    request
        .attempts
        .iter()
        .find(|attempt| attempt.tx_hash == tx_hash)
}

fn check_matches(
    terms: &Terms,
    key: B256,
    log: &LogRef,
    token: Address,
    amount: BaseUnits,
) -> Result<(), PaymentRejection> {
    check_chain(terms, log)?;
    if key != terms.key {
        return Err(PaymentRejection::KeyMismatch {
            expected: terms.key,
            found: key,
        });
    }
    if token != terms.token {
        return Err(PaymentRejection::TokenMismatch {
            expected: terms.token,
            found: token,
        });
    }
    if amount != terms.amount {
        return Err(PaymentRejection::AmountMismatch {
            expected: terms.amount,
            found: amount,
        });
    }
    Ok(())
}

fn check_chain(terms: &Terms, log: &LogRef) -> Result<(), PaymentRejection> {
    let (expected, found) = (terms.chain_id, log.chain_id);
    if found == expected {
        Ok(())
    } else {
        Err(PaymentRejection::ChainMismatch { expected, found })
    }
}

fn detect(request: &Request, seen: Sighting, mined_at: Option<OffsetDateTime>) -> Decision {
    match request.funding.sighting() {
        Some(standing) if standing.log.id() == seen.log.id() => Ok(vec![]),
        Some(standing) => Err(PaymentRejection::CreditedByAnotherLog {
            standing: standing.log,
        }),
        None => Ok(vec![PaymentEvent::PaymentDetected {
            log: seen.log,
            payer: seen.payer,
            amount: seen.amount,
            mined_at,
        }]),
    }
}

fn confirm(request: &Request, log: &LogRef, confirmations: u64) -> Decision {
    match &request.funding {
        Funding::Confirmed(deposit) if deposit.sighting.log.id() == log.id() => Ok(vec![]),
        // The log as it was detected, so that every event of it reads the same.
        Funding::Detected(seen) if seen.log.id() == log.id() => {
            Ok(vec![PaymentEvent::PaymentConfirmed {
                log: seen.log,
                confirmations,
            }])
        }
        Funding::Confirmed(_) | Funding::Detected(_) | Funding::None => {
            Err(PaymentRejection::NotDetected)
        }
    }
}

/// A log that does not count needs no reverting. What came after the payment is reverted before
/// it: money that has left the escrow came from a payment that is there.
fn revert(request: &Request, log: &LogRef) -> Decision {
    let Some(standing) = request.funding.sighting() else {
        return Ok(vec![]);
    };
    let deposit = match &request.funding {
        Funding::Confirmed(deposit) => Some(deposit),
        Funding::Detected(_) | Funding::None => None,
    };
    if standing.log.id() != log.id() {
        let moved = deposit.and_then(|deposit| deposit.movement(log));
        return Ok(moved.map(|kind| reverted(log, kind)).into_iter().collect());
    }
    match deposit.map(|deposit| deposit.escrow) {
        Some(escrow) if !escrow.is_untouched() => Err(PaymentRejection::FundsMoved {
            released: escrow.released(),
            refunded: escrow.refunded(),
        }),
        _ => Ok(vec![PaymentEvent::PaymentReverted { log: standing.log }]),
    }
}

fn reverted(log: &LogRef, kind: MovementKind) -> PaymentEvent {
    let log = *log;
    match kind {
        MovementKind::Released(amount) => PaymentEvent::ReleaseReverted { log, amount },
        MovementKind::Refunded(amount) => PaymentEvent::RefundReverted { log, amount },
        MovementKind::Disputed(_) => PaymentEvent::DisputeReverted { log },
    }
}

/// A later verdict replaces an earlier one: a transaction that seemed dropped may turn up.
fn fail_attempt(request: &Request, tx_hash: B256, reason: AttemptFailure) -> Decision {
    let attempt = find_attempt(request, tx_hash).ok_or(PaymentRejection::NoSuchAttempt)?;
    if request
        .funding
        .sighting()
        .is_some_and(|seen| seen.log.tx_hash == tx_hash)
    {
        return Err(PaymentRejection::AttemptPaid);
    }
    if attempt.standing == AttemptStanding::Failed(reason) {
        return Ok(vec![]);
    }
    Ok(vec![PaymentEvent::AttemptFailed { tx_hash, reason }])
}

fn expire(request: &Request, reason: ClosingReason) -> Decision {
    match (request.standing, &request.funding, reason) {
        (Standing::Closed(_), _, _) => Ok(vec![]),
        (
            Standing::Awaited,
            Funding::Detected(_) | Funding::Confirmed(_),
            ClosingReason::Lapsed,
        ) => Err(PaymentRejection::InFlight),
        (Standing::Awaited, _, _) => Ok(vec![PaymentEvent::PaymentExpired { reason }]),
    }
}

fn record(
    request: &Request,
    log: &LogRef,
    kind: MovementKind,
    mined_at: Option<OffsetDateTime>,
) -> Decision {
    check_chain(&request.terms, log)?;
    let Funding::Confirmed(deposit) = &request.funding else {
        return Err(PaymentRejection::NotConfirmed);
    };
    if deposit.sighting.log.id() == log.id() {
        return Err(PaymentRejection::LogUsedOtherwise);
    }
    if let Some(known) = deposit.movement(log) {
        return if known == kind {
            Ok(vec![])
        } else {
            Err(PaymentRejection::LogUsedOtherwise)
        };
    }
    let event = match kind {
        MovementKind::Released(amount) | MovementKind::Refunded(amount) if amount.is_zero() => {
            return Err(PaymentRejection::ZeroAmount);
        }
        MovementKind::Released(amount) => {
            deposit.escrow.release(amount)?;
            PaymentEvent::FundsReleased { log: *log, amount }
        }
        MovementKind::Refunded(amount) => {
            deposit.escrow.refund(amount)?;
            PaymentEvent::FundsRefunded { log: *log, amount }
        }
        MovementKind::Disputed(by) => {
            let disputed = |m: &super::Movement| matches!(m.kind, MovementKind::Disputed(_));
            if deposit.movements.iter().any(disputed) {
                return Err(PaymentRejection::AlreadyDisputed);
            }
            PaymentEvent::DisputeOpened {
                log: *log,
                by,
                mined_at,
            }
        }
    };
    Ok(vec![event])
}
