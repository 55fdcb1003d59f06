//! The rules of what an account takes out of an escrow: each log counts once.

use gage_domain::{
    ids::PayoutId,
    payment::LogRef,
    payout::{Payout, PayoutCommand, PayoutEvent, PayoutRejection},
    value::Address,
};

use crate::{
    given::{given, nothing_yet},
    samples::{BUYER, ESCROW, ETHER, hash, log, most, wei},
};

fn record(log: LogRef, units: u64) -> PayoutCommand {
    PayoutCommand::RecordWithdrawal {
        log,
        amount: wei(units),
    }
}

fn withdrawn(log: LogRef, units: u64) -> PayoutEvent {
    PayoutEvent::FundsWithdrawn {
        log,
        amount: wei(units),
    }
}

fn revert(log: LogRef) -> PayoutCommand {
    PayoutCommand::RevertWithdrawal { log }
}

fn reverted(log: LogRef, units: u64) -> PayoutEvent {
    PayoutEvent::WithdrawalReverted {
        log,
        amount: wei(units),
    }
}

#[test]
fn a_withdrawal_counts_once() {
    let payout = nothing_yet::<Payout>()
        .when(record(log(1, 0), 600))
        .then([withdrawn(log(1, 0), 600)])
        .when(record(log(1, 0), 600))
        .then_nothing_happens()
        .when(record(log(1, 1), 600))
        .then([withdrawn(log(1, 1), 600)])
        .state();
    assert_eq!(payout.withdrawn(), Some(wei(1_200)));
    assert_eq!(payout.withdrawals().len(), 2);
}

#[test]
fn a_withdrawal_that_left_the_chain_counts_no_more_and_may_come_again() {
    let elsewhere = LogRef {
        block_hash: hash(9),
        ..log(1, 0)
    };
    given::<Payout>([withdrawn(log(1, 0), 600)])
        .when(revert(log(1, 0)))
        .then([reverted(log(1, 0), 600)])
        .when(revert(log(1, 0)))
        .then_nothing_happens()
        .when(record(elsewhere, 600))
        .then([withdrawn(elsewhere, 600)])
        .when(revert(log(1, 0)))
        .then_nothing_happens()
        // The block that was gone is back.
        .when(record(log(1, 0), 600))
        .then([withdrawn(log(1, 0), 600)]);
}

#[test]
fn a_log_has_one_amount() {
    given::<Payout>([withdrawn(log(1, 0), 600)])
        .when(record(log(1, 0), 601))
        .then_refused(PayoutRejection::LogUsedOtherwise { recorded: wei(600) });
}

#[test]
fn nothing_is_no_withdrawal() {
    nothing_yet::<Payout>()
        .when(record(log(1, 0), 0))
        .then_refused(PayoutRejection::ZeroAmount);
}

#[test]
fn more_than_there_can_be_is_refused() {
    let all = PayoutEvent::FundsWithdrawn {
        log: log(1, 0),
        amount: most(),
    };
    given::<Payout>([all])
        .when(record(log(2, 0), 1))
        .then_refused(PayoutRejection::TooMuch);
}

#[test]
fn a_payout_is_named_by_chain_escrow_account_and_token() {
    let id = PayoutId {
        chain_id: 1337,
        escrow: ESCROW,
        account: BUYER,
        token: ETHER,
    };
    let (escrow, account, token) = ("f0".repeat(20), "b0".repeat(20), "00".repeat(20));
    let named = format!("1337-0x{escrow}-0x{account}-0x{token}");
    assert_eq!(id.to_string(), named);
    assert_eq!(named.parse(), Ok(id));
    let wrong = [
        named.to_uppercase(),
        named.replace("f0f0", "F0F0"),
        named.replace("1337", "01337"),
        named.replace("1337", "-1"),
        named.replace("0x", ""),
        format!("{named}-"),
        named[..named.len() - 1].to_owned(),
        String::new(),
        Address::ZERO.to_string(),
    ];
    for text in wrong {
        assert!(text.parse::<PayoutId>().is_err(), "{text}");
    }
}
