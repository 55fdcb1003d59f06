//! What counts as a difference, and that no payment is left out.

use gage_domain::{
    ids::{OrderId, PaymentId},
    payment::{LogRef, PaymentEvent, Terms},
    value::{Address, B256, BaseUnits},
};
use proptest::prelude::*;
use time::macros::datetime;
use uuid::Uuid;

use super::{
    book::{Book, Entry, Seen},
    compare::{Compared, OnRecord, Sorted},
    funds::Funds,
    report::{Datum, Field, Subject},
};
use crate::ports::{
    chain::{Observation, Observed},
    escrow_view::{EscrowAccount, EscrowPayment},
};

const CHAIN: u64 = 1337;
const PAYER: Address = Address::repeat_byte(0x9a);

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number))
}

fn units(amount: u64) -> BaseUnits {
    BaseUnits::from(amount)
}

fn terms(number: u128) -> Terms {
    Terms {
        order: OrderId(Uuid::from_u128(number)),
        buyer: Address::repeat_byte(1),
        seller: Address::repeat_byte(2),
        arbiter: Address::repeat_byte(3),
        token: Address::ZERO,
        amount: units(1_000),
        deadline: datetime!(2026-01-01 12:00 UTC),
        hold_secs: 60,
        dispute_secs: 90,
        chain_id: CHAIN,
        escrow: Address::repeat_byte(0xe5),
        key: B256::from(alloy_primitives::U256::from(number)),
    }
}

fn log(block: u64) -> LogRef {
    LogRef {
        chain_id: CHAIN,
        block_number: block,
        block_hash: B256::with_last_byte(u8::try_from(block).unwrap()),
        tx_hash: B256::repeat_byte(7),
        log_index: 0,
    }
}

fn paid() -> Observed {
    Observed::Paid {
        payer: PAYER,
        token: Address::ZERO,
        amount: units(1_000),
    }
}

/// Paid in block 1, 300 released in block 2, 100 refunded in block 3, disputed in block 4.
fn history() -> Vec<PaymentEvent> {
    vec![
        PaymentEvent::PaymentRequested {
            terms: terms(1),
            conversion: None,
        },
        PaymentEvent::PaymentDetected {
            log: log(1),
            payer: PAYER,
            amount: units(1_000),
            mined_at: None,
        },
        PaymentEvent::PaymentConfirmed {
            log: log(1),
            confirmations: 1,
        },
        PaymentEvent::FundsReleased {
            log: log(2),
            amount: units(300),
        },
        PaymentEvent::FundsRefunded {
            log: log(3),
            amount: units(100),
        },
        PaymentEvent::DisputeOpened {
            log: log(4),
            by: PAYER,
            mined_at: None,
        },
    ]
}

fn chain() -> Vec<Seen> {
    [
        (log(1), paid()),
        (log(2), Observed::Released { amount: units(300) }),
        (log(3), Observed::Refunded { amount: units(100) }),
        (log(4), Observed::Disputed { by: PAYER }),
    ]
    .map(|(log, what)| Seen { log, what })
    .to_vec()
}

fn contract() -> EscrowPayment {
    let terms = terms(1);
    EscrowPayment {
        order: terms.order.into(),
        buyer: terms.buyer,
        seller: terms.seller,
        arbiter: terms.arbiter,
        token: terms.token,
        hold_secs: terms.hold_secs,
        dispute_secs: terms.dispute_secs,
        funded: units(1_000),
        released: units(300),
        refunded: units(100),
        disputed: true,
    }
}

fn entry(events: &[PaymentEvent], seen: Vec<Seen>) -> Entry {
    let mut book = Book::from(None, usize::MAX);
    for event in events {
        book.enter(payment(1), event);
    }
    for Seen { log, what } in seen {
        assert!(book.see(&Observation {
            log,
            payment: Some(payment(1)),
            key: terms(1).key,
            what,
            mined_at: None,
        }));
    }
    book.into_entries().next().unwrap().1
}

fn compared(
    events: &[PaymentEvent],
    seen: Vec<Seen>,
    contract: Option<&EscrowPayment>,
    on_record: OnRecord,
) -> Compared {
    let sorted = Sorted::of(entry(events, seen), 10);
    sorted.compare(payment(1), &terms(1), contract, |_| on_record)
}

fn fields(compared: &Compared) -> Vec<Field> {
    let differences = compared.differences.iter();
    differences.map(|difference| difference.field).collect()
}

#[test]
fn the_same_on_both_sides_is_no_difference() {
    let same = compared(&history(), chain(), Some(&contract()), OnRecord::Nothing);
    assert_eq!(same.differences, []);
    assert_eq!(same.pending, []);
    assert_eq!(same.money.held(), units(600));
}

#[test]
fn each_field_that_differs_is_named() {
    type Spoil = fn(&mut EscrowPayment);
    let spoilt: [(Field, Spoil); 11] = [
        (Field::Order, |it| it.order = payment(9)),
        (Field::Buyer, |it| it.buyer = Address::ZERO),
        (Field::Seller, |it| it.seller = Address::ZERO),
        (Field::Arbiter, |it| it.arbiter = Address::ZERO),
        (Field::Token, |it| it.token = Address::repeat_byte(0xff)),
        (Field::HoldSecs, |it| it.hold_secs = 1),
        (Field::DisputeSecs, |it| it.dispute_secs = 1),
        (Field::Funded, |it| it.funded = units(999)),
        (Field::Released, |it| it.released = units(301)),
        (Field::Refunded, |it| it.refunded = units(99)),
        (Field::Disputed, |it| it.disputed = false),
    ];
    for (field, spoil) in spoilt {
        let mut contract = contract();
        spoil(&mut contract);
        let found = compared(&history(), chain(), Some(&contract), OnRecord::Nothing);
        assert_eq!(fields(&found), [field]);
        assert_eq!(found.differences[0].subject, Subject::Payment(payment(1)));
        assert_ne!(found.differences[0].recorded, found.differences[0].found);
    }
}

#[test]
fn another_payer_or_amount_in_a_log_is_named() {
    let mut seen = chain();
    seen[0].what = Observed::Paid {
        payer: Address::ZERO,
        token: Address::ZERO,
        amount: units(1_000),
    };
    let found = compared(&history(), seen, Some(&contract()), OnRecord::Nothing);
    assert_eq!(fields(&found), [Field::Payer]);
    assert_eq!(found.differences[0].recorded, Datum::Address(PAYER));

    let mut seen = chain();
    seen[1].what = Observed::Released { amount: units(5) };
    let found = compared(&history(), seen, Some(&contract()), OnRecord::Nothing);
    assert_eq!(fields(&found), [Field::Log]);
}

#[test]
fn a_payment_that_only_one_side_has_is_named() {
    let only_ours = compared(&history(), vec![], None, OnRecord::Nothing);
    let last = only_ours.differences.last().unwrap();
    assert_eq!(last.field, Field::Payment);
    assert_eq!(last.recorded, Datum::Amount(units(1_000)));
    assert_eq!(last.found, Datum::Nothing);
    assert_eq!(only_ours.differences.len(), 5, "and its four logs");

    let asked_for = &history()[..1];
    let only_theirs = compared(asked_for, vec![], Some(&contract()), OnRecord::Nothing);
    assert_eq!(fields(&only_theirs), [Field::Payment]);
    assert_eq!(only_theirs.differences[0].recorded, Datum::Nothing);

    let neither = compared(asked_for, vec![], None, OnRecord::Nothing);
    assert_eq!(neither.differences, []);
}

#[test]
fn what_waits_for_confirmations_is_pending_and_counts_as_told() {
    // Detected, not confirmed.
    let detected = &history()[..2];
    let mut contract_paid = contract();
    contract_paid.released = units(0);
    contract_paid.refunded = units(0);
    contract_paid.disputed = false;
    let seen = chain()[..1].to_vec();
    let waits = compared(detected, seen, Some(&contract_paid), OnRecord::Nothing);
    assert_eq!((waits.differences.len(), waits.pending.len()), (0, 1));

    // A release that the listener saw and has not recorded.
    let released = &history()[..3];
    let mut contract_released = contract_paid;
    contract_released.released = units(300);
    let seen = chain()[..2].to_vec();
    let waits = compared(
        released,
        seen.clone(),
        Some(&contract_released),
        OnRecord::Waits,
    );
    assert_eq!((waits.differences.len(), waits.pending.len()), (0, 1));
    assert_eq!(waits.money.released, units(300));

    // One that nobody knows of is a difference, and so is what it moved.
    let unknown = compared(
        released,
        seen.clone(),
        Some(&contract_released),
        OnRecord::Nothing,
    );
    assert_eq!(fields(&unknown), [Field::Log, Field::Released]);
    // One that fits nothing is listed elsewhere; what it moved is a difference.
    let unmatched = compared(
        released,
        seen,
        Some(&contract_released),
        OnRecord::Unmatched,
    );
    assert_eq!(fields(&unmatched), [Field::Released]);
}

#[test]
fn what_the_event_log_has_of_later_blocks_is_left_out() {
    // Until block 2: the refund and the dispute came after.
    let seen = chain()[..2].to_vec();
    let mut then = contract();
    then.refunded = units(0);
    then.disputed = false;
    let sorted = Sorted::of(entry(&history(), seen), 2);
    let found = sorted.compare(payment(1), &terms(1), Some(&then), |_| OnRecord::Nothing);
    assert_eq!(found.differences, []);
    assert_eq!(found.money.held(), units(700));
    // A payment that was only seen in a later block is pending.
    let sorted = Sorted::of(entry(&history()[..2], vec![]), 0);
    let found = sorted.compare(payment(1), &terms(1), None, |_| OnRecord::Nothing);
    assert_eq!((found.differences.len(), found.pending.len()), (0, 1));
}

#[test]
fn a_payment_that_was_taken_back_leaves_nothing() {
    let mut events = history();
    events.push(PaymentEvent::PaymentReverted { log: log(1) });
    let found = compared(&events, vec![], None, OnRecord::Nothing);
    assert_eq!(found.differences, []);
}

#[test]
fn a_log_that_an_index_left_out_is_put_back_by_its_block() {
    let mut sorted = Sorted::of(entry(&history(), chain()[..3].to_vec()), 10);
    assert_eq!(sorted.only_told.len(), 1);
    sorted.found(chain()[3].clone());
    let found = sorted.compare(payment(1), &terms(1), Some(&contract()), |_| {
        OnRecord::Nothing
    });
    assert_eq!(found.differences, []);
}

/// The money of the one payment, which a contract holds.
fn funds(contract: &EscrowPayment) -> Funds {
    let whole = compared(&history(), chain(), Some(contract), OnRecord::Nothing);
    let mut funds = Funds::default();
    funds.add(&terms(1), &whole.money, Some(contract));
    funds
}

fn account(owner: Address) -> EscrowAccount {
    let token = Address::ZERO;
    EscrowAccount { token, owner }
}

/// What does not add up when the contract owes so much to seller and buyer, and owns so much.
fn faults(mut funds: Funds, seller: u64, buyer: u64, balance: u64) -> Vec<(Subject, Field)> {
    funds.withdrawable(account(terms(1).seller), units(seller));
    funds.withdrawable(account(terms(1).buyer), units(buyer));
    funds.balance(Address::ZERO, units(balance));
    let differences = funds.differences();
    differences
        .iter()
        .map(|it| (it.subject, it.field))
        .collect()
}

#[test]
fn money_that_does_not_add_up_is_named() {
    let token = Subject::Token(Address::ZERO);
    // 600 are held, 300 and 100 went out, and nobody took anything out.
    let sound = || funds(&contract());
    assert_eq!(sound().accounts().count(), 2);
    assert_eq!(faults(sound(), 300, 100, 1_000), []);
    assert_eq!(faults(sound(), 300, 100, 1_001), [], "a gift");
    assert_eq!(faults(sound(), 300, 100, 999), [(token, Field::Funds)]);
    let mut wrong = contract();
    wrong.released = units(299);
    let wrong = faults(funds(&wrong), 300, 100, 1_000);
    assert_eq!(wrong, [(token, Field::Equation)]);
}

#[test]
fn what_an_account_took_out_and_may_take_out_is_compared() {
    let (seller, buyer) = (account(terms(1).seller), account(terms(1).buyer));
    let of = Subject::Account;
    let taken = |recorded: u64, found: u64| {
        let mut funds = funds(&contract());
        funds.withdrawn(seller, units(recorded));
        funds.withdrawal_found(seller, units(found));
        funds
    };
    assert_eq!(faults(taken(200, 200), 100, 100, 800), []);
    let wrong = faults(taken(200, 200), 101, 100, 801);
    assert_eq!(wrong, [(of(seller), Field::Withdrawable)]);
    // The event log lacks a withdrawal.
    let wrong = faults(taken(0, 200), 100, 100, 800);
    let both = [
        (of(seller), Field::Withdrawn),
        (of(seller), Field::Withdrawable),
    ];
    assert_eq!(wrong, both);
    // Somebody took out what never went there.
    let mut stolen = funds(&contract());
    stolen.withdrawn(buyer, units(101));
    stolen.withdrawal_found(buyer, units(101));
    let wrong = faults(stolen, 300, 0, 899);
    assert_eq!(
        wrong,
        [
            (of(buyer), Field::Withdrawable),
            (Subject::Token(Address::ZERO), Field::Funds),
        ]
    );
    // What was taken back counts no more.
    let mut back = taken(200, 0);
    back.returned(seller, units(200));
    assert_eq!(faults(back, 300, 100, 1_000), []);
}

proptest! {
    /// Books of any size hold every payment once, in order, with all that is told of it.
    #[test]
    fn no_payment_is_left_out(
        most in 1_usize..12,
        events in prop::collection::vec((0_u128..12, 0_usize..6), 0..80),
    ) {
        let events: Vec<(PaymentId, PaymentEvent)> = events
            .into_iter()
            .map(|(number, event)| match event {
                0 => (payment(number), PaymentEvent::PaymentRequested { terms: terms(number), conversion: None }),
                other => (payment(number), history()[other].clone()),
            })
            .collect();
        let told = |most| {
            let (mut from, mut told) = (None, Vec::new());
            loop {
                let mut book = Book::from(from, most);
                for (payment, event) in &events {
                    book.enter(*payment, event);
                }
                from = book.rest();
                told.extend(book.into_entries().map(|(id, entry)| (id, entry.told)));
                if from.is_none() {
                    return told;
                }
            }
        };
        let (in_one, in_many) = (told(usize::MAX), told(most));
        prop_assert!(in_one.iter().is_sorted_by_key(|(id, _)| *id));
        prop_assert_eq!(in_one, in_many);
    }
}

#[test]
fn only_what_no_side_has_a_log_of_is_left_out_after_its_deadline() {
    let deadline = terms(1).deadline;
    let left_out_of = |events: usize, seen: bool, before| {
        let mut book = Book::from(None, usize::MAX);
        for event in &history()[..events] {
            book.enter(payment(1), event);
        }
        let observation = Observation {
            log: log(1),
            payment: Some(payment(1)),
            key: terms(1).key,
            what: paid(),
            mined_at: None,
        };
        assert!(!seen || book.see(&observation));
        (book.leave_out_never_paid(before), book.len())
    };
    let later = deadline + time::Duration::SECOND;
    assert_eq!(left_out_of(1, false, deadline), (0, 1), "not over yet");
    assert_eq!(left_out_of(1, false, later), (1, 0));
    assert_eq!(left_out_of(1, true, later), (0, 1), "the chain has a log");
    assert_eq!(
        left_out_of(2, false, later),
        (0, 1),
        "the event log has one"
    );
}
