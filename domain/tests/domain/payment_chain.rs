//! The rules of seeing a payment on the chain: each log counts once, and none that is not
//! this payment.

use gage_domain::{
    payment::{ClosingReason, LogRef, Payment, PaymentCommand, PaymentEvent, PaymentRejection},
    value::{Address, B256, BaseUnits},
};

use crate::{
    given::given,
    payment_histories::{
        closed, confirmed, confirmed_history, detected, detected_history, requested,
    },
    samples::{BUYER, ETHER, NOON, STRANGER, TOKEN, hash, log, terms, wei},
};

fn seen(key: B256, log: LogRef, token: Address, amount: BaseUnits) -> PaymentCommand {
    PaymentCommand::Detect {
        key,
        log,
        payer: BUYER,
        token,
        amount,
        mined_at: Some(NOON),
    }
}

fn detect(log: LogRef) -> PaymentCommand {
    seen(terms().key, log, ETHER, terms().amount)
}

fn confirm(log: LogRef) -> PaymentCommand {
    PaymentCommand::Confirm {
        log,
        confirmations: 12,
    }
}

fn reverted(block: u8) -> PaymentEvent {
    PaymentEvent::PaymentReverted { log: log(block, 0) }
}

fn revert(log: LogRef) -> PaymentCommand {
    PaymentCommand::Revert { log }
}

#[test]
fn a_log_that_is_seen_twice_credits_once() {
    given::<Payment>([requested()])
        .when(detect(log(1, 0)))
        .then([detected(1)])
        .when(detect(log(1, 0)))
        .then_nothing_happens()
        .when(confirm(log(1, 0)))
        .then([confirmed(1)])
        .when(detect(log(1, 0)))
        .then_nothing_happens()
        .when(confirm(log(1, 0)))
        .then_nothing_happens();
}

#[test]
fn anyone_may_pay_for_the_buyer() {
    given::<Payment>([requested()])
        .when(PaymentCommand::Detect {
            key: terms().key,
            log: log(1, 0),
            payer: STRANGER,
            token: ETHER,
            amount: terms().amount,
            mined_at: None,
        })
        .then([PaymentEvent::PaymentDetected {
            log: log(1, 0),
            payer: STRANGER,
            amount: terms().amount,
            mined_at: None,
        }]);
}

#[test]
fn a_second_log_does_not_credit_again() {
    for history in [detected_history(), confirmed_history()] {
        for other in [log(2, 0), log(1, 1)] {
            given::<Payment>(history.clone())
                .when(detect(other))
                .then_refused(PaymentRejection::CreditedByAnotherLog {
                    standing: log(1, 0),
                });
        }
    }
}

#[test]
fn a_log_of_another_payment_token_amount_or_chain_does_not_credit() {
    let (key, amount) = (terms().key, terms().amount);
    let elsewhere = LogRef {
        chain_id: 1,
        ..log(1, 0)
    };
    given::<Payment>([requested()])
        .when(seen(hash(0x78), log(1, 0), ETHER, amount))
        .then_refused(PaymentRejection::KeyMismatch {
            expected: key,
            found: hash(0x78),
        })
        .when(seen(key, log(1, 0), TOKEN, amount))
        .then_refused(PaymentRejection::TokenMismatch {
            expected: ETHER,
            found: TOKEN,
        })
        .when(seen(key, log(1, 0), ETHER, wei(999)))
        .then_refused(PaymentRejection::AmountMismatch {
            expected: amount,
            found: wei(999),
        })
        .when(seen(key, log(1, 0), ETHER, wei(1_001)))
        .then_refused(PaymentRejection::AmountMismatch {
            expected: amount,
            found: wei(1_001),
        })
        .when(seen(key, elsewhere, ETHER, amount))
        .then_refused(PaymentRejection::ChainMismatch {
            expected: 1337,
            found: 1,
        });
}

#[test]
fn only_the_detected_log_is_confirmed() {
    given::<Payment>([requested()])
        .when(confirm(log(1, 0)))
        .then_refused(PaymentRejection::NotDetected);
    for history in [detected_history(), confirmed_history()] {
        given::<Payment>(history)
            .when(confirm(log(2, 0)))
            .then_refused(PaymentRejection::NotDetected);
    }
}

#[test]
fn a_payment_whose_block_left_the_chain_does_not_count() {
    for history in [detected_history(), confirmed_history()] {
        let given = given::<Payment>(history)
            .when(revert(log(1, 0)))
            .then([reverted(1)])
            .when(revert(log(1, 0)))
            .then_nothing_happens();
        assert_eq!(given.state().escrow(), None);
        assert_eq!(given.state().payable(), Ok(&terms()));
    }
}

#[test]
fn a_reverted_log_cannot_be_confirmed() {
    given::<Payment>([requested(), detected(1), reverted(1)])
        .when(confirm(log(1, 0)))
        .then_refused(PaymentRejection::NotDetected);
}

#[test]
fn a_payment_that_moved_to_another_block_counts_there() {
    given::<Payment>([requested(), detected(1), confirmed(1), reverted(1)])
        .when(detect(log(2, 0)))
        .then([detected(2)])
        .when(confirm(log(2, 0)))
        .then([confirmed(2)]);
}

#[test]
fn a_payment_that_came_back_to_its_block_counts_again() {
    given::<Payment>([requested(), detected(1), reverted(1)])
        .when(detect(log(1, 0)))
        .then([detected(1)]);
}

#[test]
fn reverting_a_log_that_does_not_count_changes_nothing() {
    given::<Payment>([requested()])
        .when(revert(log(1, 0)))
        .then_nothing_happens();
    given::<Payment>(confirmed_history())
        .when(revert(log(2, 0)))
        .then_nothing_happens()
        .when(revert(log(1, 1)))
        .then_nothing_happens();
}

#[test]
fn a_payment_cannot_be_reverted_once_its_money_has_moved() {
    let moved = [
        (
            PaymentEvent::FundsReleased {
                log: log(3, 0),
                amount: wei(400),
            },
            (wei(400), wei(0)),
        ),
        (
            PaymentEvent::FundsRefunded {
                log: log(3, 0),
                amount: wei(400),
            },
            (wei(0), wei(400)),
        ),
    ];
    for (event, (released, refunded)) in moved {
        given::<Payment>(confirmed_history().into_iter().chain([event]))
            .when(revert(log(1, 0)))
            .then_refused(PaymentRejection::FundsMoved { released, refunded });
    }
}

#[test]
fn a_dispute_goes_with_the_payment_that_left_the_chain() {
    let disputed = PaymentEvent::DisputeOpened {
        log: log(3, 0),
        by: BUYER,
        mined_at: None,
    };
    let given = given::<Payment>(confirmed_history().into_iter().chain([disputed]))
        .when(revert(log(1, 0)))
        .then([reverted(1)])
        .when(detect(log(4, 0)))
        .then([detected(4)])
        .when(confirm(log(4, 0)))
        .then([confirmed(4)]);
    assert_eq!(given.state().disputed_by(), None);
}

#[test]
fn money_for_a_closed_payment_is_recorded_and_due_back() {
    for reason in [
        ClosingReason::Lapsed,
        ClosingReason::OrderCancelled,
        ClosingReason::OrderRejected,
    ] {
        let given = given::<Payment>([requested(), closed(reason)])
            .when(detect(log(1, 0)))
            .then([detected(1)]);
        assert_eq!(given.state().refund_due(), None, "not confirmed yet");
        let given = given.when(confirm(log(1, 0))).then([confirmed(1)]);
        assert_eq!(given.state().refund_due(), Some(terms().amount));
    }
}

#[test]
fn a_log_that_no_decision_wrote_is_still_folded_and_the_first_event_stands() {
    let reason = ClosingReason::OrderCancelled;
    let sane = [requested(), closed(reason), detected(1)];
    let strange = [
        requested(),
        requested(),
        confirmed(1),
        closed(reason),
        closed(ClosingReason::Lapsed),
        detected(1),
        detected(2),
        confirmed(2),
        reverted(2),
    ];
    assert_eq!(
        given::<Payment>(strange).state(),
        given::<Payment>(sane).state()
    );
}
