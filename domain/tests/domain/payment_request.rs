//! The rules of asking for a payment, of the buyer's hints, and of closing it.

use gage_domain::{
    payment::{
        AttemptFailure, AttemptStanding, ClosingReason, Payment, PaymentCommand, PaymentEvent,
        PaymentRejection, Terms, TermsFault,
    },
    policy::MAX_ATTEMPTS,
    rate::{Conversion, ConversionFault},
    value::{B256, BaseUnits},
};
use time::{Duration, OffsetDateTime};

use crate::{
    given::{given, nothing_yet},
    payment_histories::{
        closed, confirmed, confirmed_history, detected, detected_history, expire, requested,
    },
    samples::{
        BUYER, NOBODY, STRANGER, conversion, hash, log, request_on, requested_on, terms, wei,
    },
};

fn report(tx_hash: B256, nonce: u64) -> PaymentCommand {
    PaymentCommand::ReportAttempt {
        tx_hash,
        nonce,
        by: BUYER,
    }
}

fn reported(tx_hash: B256, nonce: u64) -> PaymentEvent {
    PaymentEvent::AttemptReported {
        tx_hash,
        nonce,
        by: BUYER,
    }
}

fn fail(tx_hash: B256, reason: AttemptFailure) -> PaymentCommand {
    PaymentCommand::FailAttempt { tx_hash, reason }
}

fn failed(tx_hash: B256, reason: AttemptFailure) -> PaymentEvent {
    PaymentEvent::AttemptFailed { tx_hash, reason }
}

#[test]
fn a_payment_is_asked_for_once() {
    nothing_yet::<Payment>()
        .when(request_on(terms()))
        .then([requested()])
        .when(request_on(terms()))
        .then_nothing_happens()
        .when(request_on(Terms {
            amount: wei(1_001),
            ..terms()
        }))
        .then_refused(PaymentRejection::AlreadyRequested);
}

#[test]
fn terms_that_nobody_could_keep_are_refused() {
    let wrong = [
        (
            TermsFault::ZeroAmount,
            Terms {
                amount: wei(0),
                ..terms()
            },
        ),
        (
            TermsFault::ZeroBuyer,
            Terms {
                buyer: NOBODY,
                ..terms()
            },
        ),
        (
            TermsFault::ZeroSeller,
            Terms {
                seller: NOBODY,
                ..terms()
            },
        ),
        (
            TermsFault::ZeroEscrow,
            Terms {
                escrow: NOBODY,
                ..terms()
            },
        ),
        (
            TermsFault::DeadlineInFractions,
            Terms {
                deadline: terms().deadline + Duration::nanoseconds(1),
                ..terms()
            },
        ),
        (
            TermsFault::DeadlineBeforeEpoch,
            Terms {
                deadline: OffsetDateTime::UNIX_EPOCH - Duration::seconds(1),
                ..terms()
            },
        ),
    ];
    for (fault, terms) in wrong {
        nothing_yet::<Payment>()
            .when(request_on(terms))
            .then_refused(PaymentRejection::Terms(fault));
    }
}

fn request_at(amount: BaseUnits, conversion: Conversion) -> PaymentCommand {
    PaymentCommand::Request {
        terms: Terms { amount, ..terms() },
        conversion: Some(Box::new(conversion)),
    }
}

#[test]
fn a_price_in_fiat_money_is_asked_for_at_its_rate_alone() {
    let converted = wei(1_000);
    for amount in [wei(999), wei(1_001)] {
        nothing_yet::<Payment>()
            .when(request_at(amount, conversion()))
            .then_refused(PaymentRejection::Terms(TermsFault::NotAtTheRate {
                converted,
            }));
    }
    nothing_yet::<Payment>()
        .when(request_at(converted, conversion()))
        .then([PaymentEvent::PaymentRequested {
            terms: terms(),
            conversion: Some(Box::new(conversion())),
        }]);
}

#[test]
fn a_price_of_nothing_is_never_asked_for() {
    let nothing = Conversion {
        amount: wei(0),
        ..conversion()
    };
    nothing_yet::<Payment>()
        .when(request_at(wei(1), nothing))
        .then_refused(PaymentRejection::Terms(TermsFault::Conversion(
            ConversionFault::ZeroPrice,
        )));
}

#[test]
fn the_time_of_a_chain_starts_with_1970() {
    let terms = Terms {
        deadline: OffsetDateTime::UNIX_EPOCH,
        ..terms()
    };
    nothing_yet::<Payment>()
        .when(request_on(terms.clone()))
        .then([requested_on(terms)]);
}

#[test]
fn a_payment_may_do_without_an_arbiter() {
    let terms = Terms {
        arbiter: NOBODY,
        ..terms()
    };
    nothing_yet::<Payment>()
        .when(request_on(terms.clone()))
        .then([requested_on(terms)]);
}

#[test]
fn nothing_happens_to_a_payment_that_nobody_asked_for() {
    for command in [
        report(hash(1), 0),
        fail(hash(1), AttemptFailure::Dropped),
        expire(ClosingReason::Lapsed),
        PaymentCommand::Detect {
            key: terms().key,
            log: log(1, 0),
            payer: BUYER,
            token: terms().token,
            amount: terms().amount,
            mined_at: None,
        },
        PaymentCommand::Confirm {
            log: log(1, 0),
            confirmations: 1,
        },
        PaymentCommand::Revert { log: log(1, 0) },
        PaymentCommand::RecordRelease {
            log: log(1, 0),
            amount: wei(1),
        },
        PaymentCommand::RecordRefund {
            log: log(1, 0),
            amount: wei(1),
        },
        PaymentCommand::RecordDispute {
            log: log(1, 0),
            by: BUYER,
            mined_at: None,
        },
    ] {
        nothing_yet::<Payment>()
            .when(command)
            .then_refused(PaymentRejection::NotRequested);
    }
}

#[test]
fn the_buyer_reports_a_transaction_once() {
    given::<Payment>([requested()])
        .when(report(hash(1), 7))
        .then([reported(hash(1), 7)])
        .when(report(hash(1), 7))
        .then_nothing_happens()
        .when(report(hash(1), 8))
        .then_refused(PaymentRejection::NonceDiffers { reported: 7 });
}

#[test]
fn a_transaction_that_is_sped_up_is_reported_with_the_same_nonce() {
    given::<Payment>([requested(), reported(hash(1), 7)])
        .when(report(hash(2), 7))
        .then([reported(hash(2), 7)]);
}

#[test]
fn only_the_buyer_reports_transactions() {
    given::<Payment>([requested()])
        .when(PaymentCommand::ReportAttempt {
            tx_hash: hash(1),
            nonce: 0,
            by: STRANGER,
        })
        .then_refused(PaymentRejection::NotTheBuyer);
}

#[test]
fn at_most_twenty_transactions_are_reported() {
    let twenty = (0_u8..20).map(|number| reported(hash(number), 0));
    assert_eq!(MAX_ATTEMPTS, 20);
    given::<Payment>([requested()].into_iter().chain(twenty))
        .when(report(hash(20), 0))
        .then_refused(PaymentRejection::TooManyAttempts)
        .when(report(hash(19), 0))
        .then_nothing_happens();
}

#[test]
fn a_report_for_a_closed_payment_is_refused() {
    given::<Payment>([requested(), closed(ClosingReason::OrderCancelled)])
        .when(report(hash(1), 0))
        .then_refused(PaymentRejection::Closed {
            reason: ClosingReason::OrderCancelled,
        });
}

#[test]
fn a_report_of_the_transaction_that_paid_is_no_error_when_it_comes_late() {
    let paid = log(1, 0).tx_hash;
    given::<Payment>(confirmed_history())
        .when(report(paid, 0))
        .then_nothing_happens();
}

#[test]
fn a_report_of_another_transaction_after_the_payment_is_confirmed_is_refused() {
    given::<Payment>(confirmed_history())
        .when(report(hash(1), 0))
        .then_refused(PaymentRejection::AlreadyPaid);
    // While it is only seen, another transaction may still take its place.
    given::<Payment>(detected_history())
        .when(report(hash(1), 0))
        .then([reported(hash(1), 0)]);
}

#[test]
fn a_reported_transaction_fails_and_a_later_verdict_counts() {
    let given = given::<Payment>([requested(), reported(hash(1), 7)])
        .when(fail(hash(1), AttemptFailure::Dropped))
        .then([failed(hash(1), AttemptFailure::Dropped)])
        .when(fail(hash(1), AttemptFailure::Dropped))
        .then_nothing_happens()
        .when(fail(hash(1), AttemptFailure::Replaced))
        .then([failed(hash(1), AttemptFailure::Replaced)]);
    let state = given.state();
    let attempts = &state.request().expect("requested").attempts;
    assert_eq!(
        attempts.first().map(|attempt| attempt.standing),
        Some(AttemptStanding::Failed(AttemptFailure::Replaced))
    );
}

#[test]
fn a_transaction_that_nobody_reported_cannot_fail() {
    given::<Payment>([requested(), reported(hash(1), 7)])
        .when(fail(hash(2), AttemptFailure::Reverted))
        .then_refused(PaymentRejection::NoSuchAttempt);
}

#[test]
fn the_transaction_that_paid_did_not_fail() {
    let tx_hash = log(1, 0).tx_hash;
    for history in [
        vec![requested(), reported(tx_hash, 7), detected(1)],
        vec![requested(), reported(tx_hash, 7), detected(1), confirmed(1)],
    ] {
        given::<Payment>(history)
            .when(fail(tx_hash, AttemptFailure::Dropped))
            .then_refused(PaymentRejection::AttemptPaid);
    }
}

#[test]
fn a_payment_that_nobody_made_lapses() {
    given::<Payment>([requested()])
        .when(expire(ClosingReason::Lapsed))
        .then([closed(ClosingReason::Lapsed)])
        .when(expire(ClosingReason::Lapsed))
        .then_nothing_happens();
}

#[test]
fn a_payment_on_its_way_does_not_lapse() {
    for history in [detected_history(), confirmed_history()] {
        given::<Payment>(history)
            .when(expire(ClosingReason::Lapsed))
            .then_refused(PaymentRejection::InFlight);
    }
}

#[test]
fn a_cancelled_or_rejected_order_closes_its_payment_whatever_was_paid() {
    for reason in [ClosingReason::OrderCancelled, ClosingReason::OrderRejected] {
        for history in [vec![requested()], detected_history(), confirmed_history()] {
            given::<Payment>(history)
                .when(expire(reason))
                .then([closed(reason)]);
        }
    }
}

#[test]
fn the_first_reason_for_closing_stands() {
    let given = given::<Payment>([requested(), closed(ClosingReason::OrderRejected)])
        .when(expire(ClosingReason::OrderCancelled))
        .then_nothing_happens()
        .when(expire(ClosingReason::Lapsed))
        .then_nothing_happens();
    assert_eq!(
        given.state().payable().err(),
        Some(PaymentRejection::Closed {
            reason: ClosingReason::OrderRejected
        })
    );
}

#[test]
fn a_buyer_can_pay_while_the_payment_is_awaited() {
    assert_eq!(
        given::<Payment>([requested()]).state().payable(),
        Ok(&terms())
    );
    let paid = given::<Payment>(detected_history()).state();
    assert_eq!(paid.payable().err(), Some(PaymentRejection::AlreadyPaid));
    assert_eq!(
        Payment::default().payable().err(),
        Some(PaymentRejection::NotRequested)
    );
}
