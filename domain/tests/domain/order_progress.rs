//! The rules of what becomes of an order.

use gage_domain::{
    order::{Order, OrderCommand, OrderEvent, OrderRejection, Phase},
    text::TextFault,
};
use time::Duration;

use crate::{
    given::nothing_yet,
    order_histories::{order_that_is, reject, rejected, ship, shipped},
    samples::{QUARTER_PAST, tracking},
};

const PHASES: [Phase; 10] = [
    Phase::AwaitingPayment,
    Phase::Paid,
    Phase::Approved,
    Phase::Shipped,
    Phase::Delivered,
    Phase::Completed,
    Phase::Rejected,
    Phase::Cancelled,
    Phase::Expired,
    Phase::Refunded,
];

/// In which phases a command does something, in which it is done already, and how every
/// other phase refuses it.
fn legal_only(
    command: &OrderCommand,
    event: &OrderEvent,
    legal: &[Phase],
    done: &[Phase],
    refusal: fn(Phase) -> OrderRejection,
) {
    for phase in PHASES {
        let outcome = order_that_is(phase).at(QUARTER_PAST).when(command.clone());
        if legal.contains(&phase) {
            outcome
                .then([event.clone()])
                .when(command.clone())
                .then_nothing_happens();
        } else if done.contains(&phase) {
            outcome.then_nothing_happens();
        } else {
            outcome.then_refused(refusal(phase));
        }
    }
    nothing_yet::<Order>()
        .when(command.clone())
        .then_refused(OrderRejection::NotPlaced);
}

#[test]
fn the_confirmed_payment_makes_an_order_paid() {
    use Phase::{Approved, AwaitingPayment, Completed, Delivered, Paid, Refunded, Shipped};
    legal_only(
        &OrderCommand::MarkPaid,
        &OrderEvent::OrderPaid {},
        &[AwaitingPayment],
        &[Paid, Approved, Shipped, Delivered, Completed, Refunded],
        |phase| OrderRejection::NotAwaitingPayment { phase },
    );
}

#[test]
fn an_order_whose_payment_left_the_chain_waits_for_it_again_unless_the_owner_decided() {
    let done: Vec<_> = PHASES
        .into_iter()
        .filter(|phase| *phase != Phase::Paid)
        .collect();
    legal_only(
        &OrderCommand::MarkUnpaid,
        &OrderEvent::OrderPaymentReverted {},
        &[Phase::Paid],
        &done,
        |phase| panic!("refused when {phase}"),
    );
}

#[test]
fn an_order_whose_payment_left_the_chain_can_be_paid_again_or_expire() {
    let reverted = || {
        order_that_is(Phase::Paid)
            .at(QUARTER_PAST)
            .when(OrderCommand::MarkUnpaid)
            .then([OrderEvent::OrderPaymentReverted {}])
    };
    reverted()
        .when(OrderCommand::Approve)
        .then_refused(OrderRejection::NotPaid {
            phase: Phase::AwaitingPayment,
        })
        .when(OrderCommand::MarkPaid)
        .then([OrderEvent::OrderPaid {}])
        .when(OrderCommand::Approve)
        .then([OrderEvent::OrderApproved {}]);
    reverted()
        .when(OrderCommand::Expire)
        .then([OrderEvent::OrderExpired {}]);
}

#[test]
fn a_payment_that_is_confirmed_late_still_counts_while_the_order_waits() {
    order_that_is(Phase::AwaitingPayment)
        .at(QUARTER_PAST + Duration::hours(1))
        .when(OrderCommand::MarkPaid)
        .then([OrderEvent::OrderPaid {}]);
}

#[test]
fn the_owner_approves_only_what_is_paid() {
    use Phase::{Approved, Completed, Delivered, Paid, Shipped};
    legal_only(
        &OrderCommand::Approve,
        &OrderEvent::OrderApproved {},
        &[Paid],
        &[Approved, Shipped, Delivered, Completed],
        |phase| OrderRejection::NotPaid { phase },
    );
}

#[test]
fn the_owner_rejects_before_approving() {
    legal_only(
        &reject(),
        &rejected(),
        &[Phase::AwaitingPayment, Phase::Paid],
        &[Phase::Rejected],
        |phase| OrderRejection::NotRejectable { phase },
    );
}

#[test]
fn the_buyer_cancels_before_the_owner_approves() {
    legal_only(
        &OrderCommand::Cancel,
        &OrderEvent::OrderCancelled {},
        &[Phase::AwaitingPayment, Phase::Paid],
        &[Phase::Cancelled],
        |phase| OrderRejection::NotCancellable { phase },
    );
}

#[test]
fn only_an_order_that_waits_for_its_payment_expires() {
    legal_only(
        &OrderCommand::Expire,
        &OrderEvent::OrderExpired {},
        &[Phase::AwaitingPayment],
        &[Phase::Expired],
        |phase| OrderRejection::NotAwaitingPayment { phase },
    );
}

#[test]
fn an_order_does_not_expire_within_its_payment_window() {
    order_that_is(Phase::AwaitingPayment)
        .at(QUARTER_PAST - Duration::nanoseconds(1))
        .when(OrderCommand::Expire)
        .then_refused(OrderRejection::NotYetDue {
            pay_by: QUARTER_PAST,
        })
        .at(QUARTER_PAST)
        .when(OrderCommand::Expire)
        .then([OrderEvent::OrderExpired {}]);
}

#[test]
fn the_owner_ships_only_what_is_approved() {
    use Phase::{Approved, Completed, Delivered, Shipped};
    legal_only(
        &ship(),
        &shipped(),
        &[Approved],
        &[Shipped, Delivered, Completed],
        |phase| OrderRejection::NotApproved { phase },
    );
}

#[test]
fn an_order_ships_with_or_without_tracking() {
    let untracked = OrderCommand::Ship { tracking: None };
    order_that_is(Phase::Approved)
        .when(untracked.clone())
        .then([OrderEvent::OrderShipped { tracking: None }])
        .when(untracked)
        .then_nothing_happens()
        .when(ship())
        .then_refused(OrderRejection::AlreadyShipped);
}

#[test]
fn a_shipped_order_keeps_its_tracking_number() {
    for phase in [Phase::Shipped, Phase::Delivered, Phase::Completed] {
        order_that_is(phase)
            .when(OrderCommand::Ship {
                tracking: Some(tracking("KR2")),
            })
            .then_refused(OrderRejection::AlreadyShipped)
            .when(OrderCommand::Ship { tracking: None })
            .then_refused(OrderRejection::AlreadyShipped);
    }
}

#[test]
fn tracking_names_a_carrier_and_a_number_on_one_line() {
    let mut no_carrier = tracking("KR1");
    no_carrier.carrier.clear();
    order_that_is(Phase::Approved)
        .when(OrderCommand::Ship {
            tracking: Some(no_carrier),
        })
        .then_refused(OrderRejection::Carrier(TextFault::Empty))
        .when(OrderCommand::Ship {
            tracking: Some(tracking("KR\n1")),
        })
        .then_refused(OrderRejection::TrackingNumber(
            TextFault::ControlCharacter { character: '\n' },
        ))
        .when(OrderCommand::Ship {
            tracking: Some(tracking(&"1".repeat(101))),
        })
        .then_refused(OrderRejection::TrackingNumber(TextFault::TooLong {
            max_chars: 100,
            chars: 101,
        }));
}

#[test]
fn only_what_was_shipped_is_delivered() {
    legal_only(
        &OrderCommand::ConfirmDelivery,
        &OrderEvent::DeliveryConfirmed {},
        &[Phase::Shipped],
        &[Phase::Delivered, Phase::Completed],
        |phase| OrderRejection::NotShipped { phase },
    );
}

#[test]
fn only_what_was_sent_is_completed() {
    legal_only(
        &OrderCommand::Complete,
        &OrderEvent::OrderCompleted {},
        &[Phase::Shipped, Phase::Delivered],
        &[Phase::Completed],
        |phase| OrderRejection::NotCompletable { phase },
    );
}

#[test]
fn a_paid_order_whose_money_went_back_whole_is_refunded_and_an_ended_one_stays_what_it_is() {
    use Phase::{Approved, Cancelled, Delivered, Expired, Paid, Refunded, Rejected, Shipped};
    legal_only(
        &OrderCommand::MarkRefunded,
        &OrderEvent::OrderRefunded {},
        &[Paid, Approved, Shipped, Delivered],
        &[Refunded, Rejected, Cancelled, Expired],
        |phase| OrderRejection::NotRefundable { phase },
    );
}

#[test]
fn a_rejection_says_why_in_at_most_500_characters() {
    let because = |reason: String| OrderCommand::Reject { reason };
    order_that_is(Phase::Paid)
        .when(because(String::new()))
        .then_refused(OrderRejection::Reason(TextFault::Empty))
        .when(because("가".repeat(501)))
        .then_refused(OrderRejection::Reason(TextFault::TooLong {
            max_chars: 500,
            chars: 501,
        }))
        .when(because("no\0".to_owned()))
        .then_refused(OrderRejection::Reason(TextFault::ControlCharacter {
            character: '\0',
        }))
        .when(because("가".repeat(500)))
        .then([OrderEvent::OrderRejected {
            reason: "가".repeat(500),
        }]);
}
