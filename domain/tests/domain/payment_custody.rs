//! Who may move the money when: the contract's table of rules, cell by cell.

use gage_domain::{
    escrow::MoreThanHeld,
    payment::{Custody, CustodyRefusal, Demand, Dispute, Terms},
    value::Address,
};
use time::{Duration, OffsetDateTime, macros::datetime};

use crate::samples::{ARBITER, BUYER, NOBODY, NOON, PAYOUT, STRANGER, most, terms, wei};

/// The hold time of money that was paid at noon is over.
const HOLD_ENDS: OffsetDateTime = datetime!(2026-03-15 12:00 UTC);
/// The arbiter's time in a dispute that was opened at noon is over.
const ARBITER_ENDS: OffsetDateTime = datetime!(2026-03-15 12:00 UTC);

const WALLETS: [Address; 4] = [BUYER, PAYOUT, ARBITER, STRANGER];

fn held() -> Custody {
    let terms = terms();
    Custody {
        buyer: terms.buyer,
        seller: terms.seller,
        arbiter: terms.arbiter,
        held: terms.amount,
        hold_ends: terms.hold_ends(NOON),
        dispute: None,
    }
}

fn disputed() -> Custody {
    let arbiter_ends = terms().arbiter_ends(NOON);
    Custody {
        dispute: Some(Dispute { arbiter_ends }),
        ..held()
    }
}

/// The outcome of a demand for each of [`WALLETS`], in one letter.
fn outcomes(custody: Custody, demand: Demand, now: OffsetDateTime) -> String {
    let letter = |by| match custody.check(demand, by, now) {
        Ok(()) => '+',
        Err(CustodyRefusal::HoldNotOver { ends_at }) => {
            assert_eq!(ends_at, Some(HOLD_ENDS));
            'h'
        }
        Err(CustodyRefusal::HoldOver { ended_at }) => {
            assert_eq!(ended_at, HOLD_ENDS);
            'o'
        }
        Err(CustodyRefusal::InDispute) => 'd',
        Err(CustodyRefusal::NotAParty) => '-',
        Err(CustodyRefusal::NotDisputed) => 'n',
        Err(CustodyRefusal::ArbiterMayDecide { ends_at }) => {
            assert_eq!(ends_at, Some(ARBITER_ENDS));
            'a'
        }
        Err(CustodyRefusal::AlreadyDisputed) => '2',
        Err(other) => panic!("{other}"),
    };
    WALLETS.into_iter().map(letter).collect()
}

/// The columns: buyer, seller, arbiter, anyone else.
#[test]
fn who_may_do_what_when_is_the_contracts_table() {
    let release = Demand::Release(wei(1_000));
    let refund = Demand::Refund(wei(1_000));
    let before = HOLD_ENDS - Duration::SECOND;
    let table = [
        (held(), before, release, "+hhh"),
        (held(), HOLD_ENDS, release, "++++"),
        (held(), before, refund, "n+n-"),
        (held(), HOLD_ENDS, refund, "n+n-"),
        (held(), before, Demand::Dispute, "++--"),
        (held(), HOLD_ENDS, Demand::Dispute, "oo--"),
        (disputed(), before, release, "+d+d"),
        // The hold time does not decide a dispute.
        (disputed(), HOLD_ENDS, release, "+d+d"),
        (disputed(), before, refund, "a++-"),
        (disputed(), ARBITER_ENDS, refund, "+++-"),
        (disputed(), before, Demand::Dispute, "22--"),
    ];
    for (custody, now, demand, expected) in table {
        let found = outcomes(custody, demand, now);
        assert_eq!(found, expected, "{demand:?} at {now}: {custody:?}");
    }
}

#[test]
fn any_part_of_what_is_held_may_move_and_no_more() {
    let partly = Custody {
        held: wei(400),
        ..held()
    };
    let too_much = |requested| {
        Err(CustodyRefusal::MoreThanHeld(MoreThanHeld {
            held: wei(400),
            requested,
        }))
    };
    for (demand, by) in [
        (Demand::Release as fn(_) -> _, BUYER),
        (Demand::Refund as fn(_) -> _, PAYOUT),
    ] {
        let outcome = |amount| partly.check(demand(amount), by, NOON);
        assert_eq!(outcome(wei(1)), Ok(()));
        assert_eq!(outcome(wei(400)), Ok(()));
        assert_eq!(outcome(wei(0)), Err(CustodyRefusal::ZeroAmount));
        assert_eq!(outcome(wei(401)), too_much(wei(401)));
        assert_eq!(outcome(most()), too_much(most()));
    }
}

#[test]
fn nothing_moves_and_nothing_is_disputed_when_nothing_is_held() {
    let empty = Custody {
        held: wei(0),
        ..held()
    };
    for (demand, by) in [
        (Demand::Release(wei(1)), BUYER),
        (Demand::Refund(wei(0)), PAYOUT),
        (Demand::Dispute, BUYER),
    ] {
        let outcome = empty.check(demand, by, NOON);
        assert_eq!(outcome, Err(CustodyRefusal::NothingHeld), "{demand:?}");
    }
}

#[test]
fn without_an_arbiter_there_are_no_disputes() {
    let alone = Custody {
        arbiter: NOBODY,
        ..held()
    };
    let outcome = alone.check(Demand::Dispute, BUYER, NOON);
    assert_eq!(outcome, Err(CustodyRefusal::NoArbiter));
    // Nobody signs for the zero address.
    let outcome = alone.check(Demand::Refund(wei(1)), NOBODY, NOON);
    assert_eq!(outcome, Err(CustodyRefusal::NotDisputed));
}

#[test]
fn who_is_buyer_and_seller_at_once_may_what_either_may() {
    let own = Custody {
        seller: BUYER,
        ..held()
    };
    assert_eq!(own.check(Demand::Release(wei(1)), BUYER, NOON), Ok(()));
    assert_eq!(own.check(Demand::Refund(wei(1)), BUYER, NOON), Ok(()));
}

#[test]
fn times_that_never_come_are_never_over() {
    let endless = Terms {
        hold_secs: u64::MAX,
        dispute_secs: u64::MAX,
        ..terms()
    };
    assert_eq!(endless.hold_ends(NOON), None);
    assert_eq!(endless.arbiter_ends(NOON), None);
    let forever = Custody {
        hold_ends: None,
        ..held()
    };
    let outcome = forever.check(Demand::Release(wei(1)), STRANGER, ARBITER_ENDS);
    assert_eq!(outcome, Err(CustodyRefusal::HoldNotOver { ends_at: None }));
    assert_eq!(forever.check(Demand::Dispute, BUYER, HOLD_ENDS), Ok(()));
}
