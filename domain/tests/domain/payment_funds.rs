//! The rules of what becomes of the money: funded = held + released + refunded.

use gage_domain::{
    escrow::{Escrow, MoreThanHeld},
    payment::{ClosingReason, LogRef, Payment, PaymentCommand, PaymentEvent, PaymentRejection},
};

use crate::{
    given::{Given, given},
    payment_histories::{closed, confirmed_history, detected_history, requested},
    samples::{BUYER, NOON, PAYOUT, log, most, terms, wei},
};

fn release(log: LogRef, units: u64) -> PaymentCommand {
    PaymentCommand::RecordRelease {
        log,
        amount: wei(units),
    }
}

fn released(log: LogRef, units: u64) -> PaymentEvent {
    PaymentEvent::FundsReleased {
        log,
        amount: wei(units),
    }
}

fn refund(log: LogRef, units: u64) -> PaymentCommand {
    PaymentCommand::RecordRefund {
        log,
        amount: wei(units),
    }
}

fn refunded(log: LogRef, units: u64) -> PaymentEvent {
    PaymentEvent::FundsRefunded {
        log,
        amount: wei(units),
    }
}

fn dispute(log: LogRef) -> PaymentCommand {
    PaymentCommand::RecordDispute {
        log,
        by: BUYER,
        mined_at: Some(NOON),
    }
}

fn disputed(log: LogRef) -> PaymentEvent {
    PaymentEvent::DisputeOpened {
        log,
        by: BUYER,
        mined_at: Some(NOON),
    }
}

fn paid() -> Given<Payment> {
    given(confirmed_history())
}

fn escrow(given: &Given<Payment>) -> Escrow {
    given.state().escrow().expect("confirmed money")
}

#[test]
fn confirmed_money_is_held() {
    let escrow = escrow(&paid());
    assert_eq!((escrow.funded(), escrow.held()), (wei(1_000), wei(1_000)));
}

#[test]
fn money_that_is_only_seen_is_not_held() {
    assert_eq!(given::<Payment>(detected_history()).state().escrow(), None);
}

#[test]
fn money_is_released_and_refunded_in_parts() {
    let given = paid()
        .when(release(log(3, 0), 600))
        .then([released(log(3, 0), 600)])
        .when(refund(log(4, 0), 300))
        .then([refunded(log(4, 0), 300)])
        .when(release(log(5, 0), 100))
        .then([released(log(5, 0), 100)]);
    let escrow = escrow(&given);
    assert_eq!(
        (escrow.released(), escrow.refunded(), escrow.held()),
        (wei(700), wei(300), wei(0))
    );
}

#[test]
fn a_release_or_refund_that_is_seen_twice_counts_once() {
    let given = paid()
        .when(release(log(3, 0), 600))
        .then([released(log(3, 0), 600)])
        .when(release(log(3, 0), 600))
        .then_nothing_happens()
        .when(refund(log(3, 1), 400))
        .then([refunded(log(3, 1), 400)])
        .when(refund(log(3, 1), 400))
        .then_nothing_happens();
    assert_eq!(escrow(&given).held(), wei(0));
}

#[test]
fn two_logs_of_the_same_amount_both_count() {
    let given = paid()
        .when(release(log(3, 0), 400))
        .then([released(log(3, 0), 400)])
        .when(release(log(3, 1), 400))
        .then([released(log(3, 1), 400)]);
    assert_eq!(escrow(&given).held(), wei(200));
}

#[test]
fn no_more_leaves_than_is_held() {
    let too_much = |held, requested| {
        PaymentRejection::MoreThanHeld(MoreThanHeld {
            held: wei(held),
            requested,
        })
    };
    paid()
        .when(release(log(3, 0), 1_001))
        .then_refused(too_much(1_000, wei(1_001)))
        .when(release(log(3, 0), 600))
        .then([released(log(3, 0), 600)])
        .when(refund(log(4, 0), 401))
        .then_refused(too_much(400, wei(401)))
        .when(PaymentCommand::RecordRefund {
            log: log(4, 0),
            amount: most(),
        })
        .then_refused(too_much(400, most()));
}

#[test]
fn a_movement_of_nothing_is_refused() {
    paid()
        .when(release(log(3, 0), 0))
        .then_refused(PaymentRejection::ZeroAmount)
        .when(refund(log(3, 0), 0))
        .then_refused(PaymentRejection::ZeroAmount);
}

#[test]
fn money_that_is_not_confirmed_cannot_have_moved() {
    for history in [vec![requested()], detected_history()] {
        given::<Payment>(history)
            .when(release(log(3, 0), 1))
            .then_refused(PaymentRejection::NotConfirmed)
            .when(refund(log(3, 0), 1))
            .then_refused(PaymentRejection::NotConfirmed)
            .when(dispute(log(3, 0)))
            .then_refused(PaymentRejection::NotConfirmed);
    }
}

#[test]
fn a_log_has_one_meaning() {
    paid()
        // The payment's own log.
        .when(release(log(1, 0), 600))
        .then_refused(PaymentRejection::LogUsedOtherwise)
        .when(release(log(3, 0), 600))
        .then([released(log(3, 0), 600)])
        .when(release(log(3, 0), 100))
        .then_refused(PaymentRejection::LogUsedOtherwise)
        .when(refund(log(3, 0), 600))
        .then_refused(PaymentRejection::LogUsedOtherwise)
        .when(dispute(log(3, 0)))
        .then_refused(PaymentRejection::LogUsedOtherwise);
}

#[test]
fn what_happens_on_another_chain_does_not_move_the_money() {
    let elsewhere = LogRef {
        chain_id: 1,
        ..log(3, 0)
    };
    for command in [
        release(elsewhere, 1),
        refund(elsewhere, 1),
        dispute(elsewhere),
    ] {
        paid()
            .when(command)
            .then_refused(PaymentRejection::ChainMismatch {
                expected: 1337,
                found: 1,
            });
    }
}

#[test]
fn a_dispute_is_opened_once() {
    let given = paid()
        .when(dispute(log(3, 0)))
        .then([disputed(log(3, 0))])
        .when(dispute(log(3, 0)))
        .then_nothing_happens()
        .when(PaymentCommand::RecordDispute {
            log: log(4, 0),
            by: PAYOUT,
            mined_at: None,
        })
        .then_refused(PaymentRejection::AlreadyDisputed);
    assert_eq!(given.state().disputed_by(), Some(BUYER));
    assert_eq!(escrow(&given).held(), wei(1_000));
}

#[test]
fn a_disputed_payment_is_settled_like_any_other() {
    let given = paid()
        .when(dispute(log(3, 0)))
        .then([disputed(log(3, 0))])
        .when(refund(log(4, 0), 1_000))
        .then([refunded(log(4, 0), 1_000)]);
    assert_eq!(escrow(&given).held(), wei(0));
}

#[test]
fn a_dispute_is_over_when_nothing_is_held() {
    let given = paid();
    assert_eq!(given.state().open_dispute(), None);
    let given = given.when(dispute(log(3, 0))).then([disputed(log(3, 0))]);
    assert_eq!(given.state().open_dispute(), Some(BUYER));
    let given = given
        .when(refund(log(4, 0), 999))
        .then([refunded(log(4, 0), 999)]);
    assert_eq!(given.state().open_dispute(), Some(BUYER), "1 is still held");
    let given = given
        .when(release(log(5, 0), 1))
        .then([released(log(5, 0), 1)]);
    assert_eq!(given.state().open_dispute(), None);
    assert_eq!(given.state().disputed_by(), Some(BUYER), "it is remembered");
}

#[test]
fn a_refund_is_due_until_the_money_is_back() {
    let given = paid();
    assert_eq!(given.state().refund_due(), None, "the order is wanted");
    let history = confirmed_history()
        .into_iter()
        .chain([closed(ClosingReason::OrderRejected)]);
    let given = crate::given::given::<Payment>(history);
    assert_eq!(given.state().refund_due(), Some(terms().amount));
    let given = given
        .when(refund(log(3, 0), 400))
        .then([refunded(log(3, 0), 400)]);
    assert_eq!(given.state().refund_due(), Some(wei(600)));
    let given = given
        .when(refund(log(4, 0), 600))
        .then([refunded(log(4, 0), 600)]);
    assert_eq!(given.state().refund_due(), None);
}

#[test]
fn what_left_the_chain_again_does_not_count_and_may_come_once_more() {
    let back = |log| PaymentCommand::Revert { log };
    let amount = wei(600);
    let given = paid()
        .when(release(log(3, 0), 600))
        .then([released(log(3, 0), 600)])
        .when(refund(log(3, 1), 100))
        .then([refunded(log(3, 1), 100)])
        .when(back(log(3, 0)))
        .then([PaymentEvent::ReleaseReverted {
            log: log(3, 0),
            amount,
        }])
        .when(back(log(3, 0)))
        .then_nothing_happens();
    assert_eq!(escrow(&given).held(), wei(900));
    // In another block it is another log.
    let given = given
        .when(release(log(4, 0), 600))
        .then([released(log(4, 0), 600)]);
    assert_eq!(escrow(&given).held(), wei(300));
}

#[test]
fn a_dispute_that_left_the_chain_again_may_be_opened_once_more() {
    let given = paid()
        .when(dispute(log(3, 0)))
        .then([disputed(log(3, 0))])
        .when(PaymentCommand::Revert { log: log(3, 0) })
        .then([PaymentEvent::DisputeReverted { log: log(3, 0) }]);
    assert_eq!(given.state().open_dispute(), None);
    given.when(dispute(log(4, 0))).then([disputed(log(4, 0))]);
}

#[test]
fn a_payment_goes_back_after_what_came_after_it() {
    let amount = wei(1_000);
    let given = paid()
        .when(refund(log(3, 0), 1_000))
        .then([refunded(log(3, 0), 1_000)])
        .when(PaymentCommand::Revert { log: log(3, 0) })
        .then([PaymentEvent::RefundReverted {
            log: log(3, 0),
            amount,
        }])
        .when(PaymentCommand::Revert { log: log(1, 0) })
        .then([PaymentEvent::PaymentReverted { log: log(1, 0) }]);
    assert_eq!(given.state().escrow(), None);
}
