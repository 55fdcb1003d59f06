//! What events make of accounts.

use std::collections::BTreeMap;

use gage_domain::{
    decider::Decider,
    ids::{PaymentId, PayoutId},
    payment::{LogRef, Payment, PaymentCommand, PaymentEvent, Terms},
    payout::{Payout, PayoutCommand, PayoutEvent},
    shop::ShopEvent,
    value::{Address, B256, BaseUnits},
};
use gage_projections::ledger::{AccountRow, Ledger, LedgerQueries};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;

use crate::support::{
    DAWN, History, TestDb, log_in, order_id, payment_requested, shop_id, shop_opened, terms, wallet,
};

fn units(amount: u64) -> BaseUnits {
    BaseUnits::from(amount)
}

fn account(owner: Address) -> PayoutId {
    let terms = terms(1);
    PayoutId {
        chain_id: terms.chain_id,
        escrow: terms.escrow,
        account: owner,
        token: terms.token,
    }
}

fn add(history: &mut History, order: u128, event: PaymentEvent) {
    history.then((PaymentId::from(order_id(order)), event));
}

/// Order `number` is paid with 200 wei.
fn paid(history: &mut History, number: u128) {
    history.then(payment_requested(number));
    let (log, payer, amount) = (log_in(5), wallet(7), units(200));
    let detected = PaymentEvent::PaymentDetected {
        log,
        payer,
        amount,
        mined_at: None,
    };
    add(history, number, detected);
    let confirmations = 12;
    add(
        history,
        number,
        PaymentEvent::PaymentConfirmed { log, confirmations },
    );
}

fn released(amount: u64) -> PaymentEvent {
    PaymentEvent::FundsReleased {
        log: log_in(6),
        amount: units(amount),
    }
}

fn refunded(amount: u64) -> PaymentEvent {
    PaymentEvent::FundsRefunded {
        log: log_in(7),
        amount: units(amount),
    }
}

fn withdrawn(amount: u64) -> PayoutEvent {
    PayoutEvent::FundsWithdrawn {
        log: log_in(8),
        amount: units(amount),
    }
}

/// Held, released, refunded, returned, withdrawn, withdrawable.
fn sums(account: &AccountRow) -> [BaseUnits; 6] {
    [
        account.held,
        account.released,
        account.refunded,
        account.returned,
        account.withdrawn,
        account.withdrawable(),
    ]
}

async fn sums_of(db: &TestDb, owner: Address) -> Option<[u64; 6]> {
    let queries = LedgerQueries::new(db.pool.clone());
    let accounts = queries.accounts_of(owner).await.unwrap();
    assert!(accounts.len() < 2, "{accounts:?}");
    accounts
        .first()
        .map(|account| sums(account).map(|sum| sum.0.to()))
}

const SELLER: Address = Address::repeat_byte(1);
const BUYER: Address = Address::repeat_byte(7);

#[tokio::test]
async fn confirmed_money_is_held_for_the_seller() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then(payment_requested(1));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, None, "nothing is paid");
    paid(&mut history, 2);
    paid(&mut history, 3);
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([400, 0, 0, 0, 0, 0]));
    assert_eq!(sums_of(&db, BUYER).await, None);
}

#[tokio::test]
async fn releases_credit_the_seller_and_refunds_the_buyer() {
    let db = TestDb::new().await;
    let mut history = History::default();
    paid(&mut history, 1);
    add(&mut history, 1, released(120));
    add(&mut history, 1, refunded(50));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([30, 120, 50, 0, 0, 120]));
    assert_eq!(sums_of(&db, BUYER).await, Some([0, 0, 0, 50, 0, 50]));
}

#[tokio::test]
async fn withdrawals_debit_until_they_are_taken_back() {
    let db = TestDb::new().await;
    let mut history = History::default();
    paid(&mut history, 1);
    add(&mut history, 1, released(120));
    history.then((account(SELLER), withdrawn(120)));
    add(&mut history, 1, released(7));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([73, 127, 0, 0, 120, 7]));

    let back = PayoutEvent::WithdrawalReverted {
        log: log_in(8),
        amount: units(120),
    };
    history.then((account(SELLER), back));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([73, 127, 0, 0, 0, 127]));
}

#[tokio::test]
async fn what_left_the_chain_is_held_for_the_seller_again() {
    let db = TestDb::new().await;
    let mut history = History::default();
    paid(&mut history, 1);
    add(&mut history, 1, released(120));
    add(&mut history, 1, refunded(50));
    let (log, amount) = (log_in(6), units(120));
    add(
        &mut history,
        1,
        PaymentEvent::ReleaseReverted { log, amount },
    );
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([150, 0, 50, 0, 0, 0]));
    let (log, amount) = (log_in(7), units(50));
    add(
        &mut history,
        1,
        PaymentEvent::RefundReverted { log, amount },
    );
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([200, 0, 0, 0, 0, 0]));
    assert_eq!(sums_of(&db, BUYER).await, Some([0; 6]));
}

#[tokio::test]
async fn a_payment_that_was_taken_back_takes_its_money_with_it() {
    let db = TestDb::new().await;
    let mut history = History::default();
    paid(&mut history, 1);
    paid(&mut history, 2);
    for event in [released(120), refunded(50)] {
        add(&mut history, 1, event);
    }
    let gone = PaymentEvent::PaymentReverted { log: log_in(5) };
    add(&mut history, 1, gone);
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, SELLER).await, Some([200, 0, 0, 0, 0, 0]));
    assert_eq!(sums_of(&db, BUYER).await, Some([0; 6]));
}

#[tokio::test]
async fn who_took_out_more_than_we_know_of_may_take_out_nothing_more() {
    let db = TestDb::new().await;
    let mut history = History::default();
    history.then((account(BUYER), withdrawn(9)));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, BUYER).await, Some([0, 0, 0, 0, 9, 0]));
}

#[tokio::test]
async fn a_buyer_who_is_the_seller_has_one_account() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let own = Terms {
        seller: BUYER,
        ..terms(1)
    };
    add(
        &mut history,
        1,
        PaymentEvent::PaymentRequested {
            terms: own,
            conversion: None,
        },
    );
    let log = log_in(5);
    let confirmations = 1;
    add(
        &mut history,
        1,
        PaymentEvent::PaymentConfirmed { log, confirmations },
    );
    add(&mut history, 1, refunded(50));
    db.project::<Ledger>(&history).await;
    assert_eq!(sums_of(&db, BUYER).await, Some([150, 0, 50, 50, 0, 50]));
}

#[tokio::test]
async fn accounts_of_other_tokens_chains_and_escrows_are_kept_apart() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let id = account(BUYER);
    let others = [
        id,
        PayoutId {
            token: wallet(9),
            ..id
        },
        PayoutId { chain_id: 1, ..id },
        PayoutId {
            escrow: wallet(9),
            ..id
        },
    ];
    for (amount, id) in (1..).zip(others) {
        history.then((id, withdrawn(amount)));
    }
    db.project::<Ledger>(&history).await;
    let queries = LedgerQueries::new(db.pool.clone());
    let mut found = queries.accounts_of(BUYER).await.unwrap();
    found.sort_unstable_by_key(|account| account.withdrawn);
    let ids: Vec<PayoutId> = found.iter().map(|account| account.id).collect();
    assert_eq!(ids, others);
    assert!(queries.accounts_of(wallet(9)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_shops_wallets_are_listed_the_present_one_first() {
    let db = TestDb::new().await;
    let mut history = History::default();
    let changed = |payout| {
        (
            shop_id(1),
            ShopEvent::PayoutAddressChanged {
                payout: wallet(payout),
            },
        )
    };
    history.then(shop_opened(1));
    history.then(shop_opened(2));
    history.then(changed(8));
    history.then(changed(9));
    db.project::<Ledger>(&history).await;
    history.then(changed(8));
    db.project::<Ledger>(&history).await;
    let queries = LedgerQueries::new(db.pool.clone());
    let wallets = async |shop, most| queries.wallets_of_shop(shop_id(shop), most).await.unwrap();
    assert_eq!(wallets(1, 20).await, [wallet(8), wallet(9), wallet(1)]);
    assert_eq!(
        wallets(1, 2).await,
        [wallet(8), wallet(9)],
        "the oldest is left out"
    );
    assert_eq!(wallets(2, 20).await, [wallet(2)]);
    assert!(wallets(3, 20).await.is_empty());
}

#[tokio::test]
async fn what_money_cannot_do_is_poison() {
    let impossible: [&[PaymentEvent]; 3] = [
        &[released(201)],
        &[released(150), refunded(51)],
        &[PaymentEvent::PaymentConfirmed {
            log: log_in(5),
            confirmations: 12,
        }],
    ];
    let db = TestDb::new().await;
    for events in impossible {
        let mut history = History::default();
        paid(&mut history, 1);
        for event in events {
            add(&mut history, 1, event.clone());
        }
        let error = db.try_project::<Ledger>(&history).await.unwrap_err();
        let expected = format!("event {} cannot be handled", history.last());
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
    assert_eq!(db.dump("ledger_v1").await, [] as [String; 0]);
}

/// Something that is told of a payment or an account; the rules may refuse it.
#[derive(Debug, Clone)]
enum Step {
    Payment(u128, PaymentCommand),
    Payout(u8, PayoutCommand),
}

fn log(block: u8) -> LogRef {
    LogRef {
        block_number: u64::from(block),
        block_hash: B256::repeat_byte(block),
        ..log_in(1)
    }
}

/// Few orders, blocks and wallets, so that they meet. Wallet 7 is buyer and seller.
fn steps() -> impl Strategy<Value = Step> {
    let payment = |command: PaymentCommand| (0_u128..4, Just(command));
    let terms_of = |number: u128| {
        let seller = [SELLER, BUYER][usize::from(number == 3)];
        Terms {
            seller,
            ..terms(number)
        }
    };
    let paid = PaymentCommand::Detect {
        key: terms(0).key,
        log: log(5),
        payer: BUYER,
        token: Address::ZERO,
        amount: units(200),
        mined_at: None,
    };
    let confirmed = PaymentCommand::Confirm {
        log: log(5),
        confirmations: 1,
    };
    let moved = (0_u128..4, 6_u8..20, 1_u64..120, any::<bool>());
    let of_payment = prop_oneof![
        2 => (0_u128..4).prop_map(move |number| (number, PaymentCommand::Request { terms: terms_of(number), conversion: None })),
        3 => payment(paid),
        3 => payment(confirmed),
        1 => payment(PaymentCommand::Revert { log: log(5) }),
        4 => (0_u128..4, 6_u8..20).prop_map(|(number, block)| {
            (number, PaymentCommand::Revert { log: log(block) })
        }),
        8 => moved.prop_map(|(number, block, amount, release)| {
            let (log, amount) = (log(block), units(amount));
            let command = if release { PaymentCommand::RecordRelease { log, amount } } else { PaymentCommand::RecordRefund { log, amount } }; (number, command)
        }),
    ];
    let of_payout = (
        prop_oneof![Just(1_u8), Just(7), Just(8)],
        0_u8..6,
        1_u64..150,
        0..4,
    );
    prop_oneof![
        4 => of_payment.prop_map(|(number, command)| Step::Payment(number, command)),
        1 => of_payout.prop_map(|(owner, block, amount, kind)| Step::Payout(owner, match kind {
            0 => PayoutCommand::RevertWithdrawal { log: log(block) },
            _ => PayoutCommand::RecordWithdrawal { log: log(block), amount: units(amount) },
        })),
    ]
}

/// The aggregates' own states after what was told, and the history.
#[derive(Default)]
struct Truth {
    history: History,
    payments: BTreeMap<u128, Payment>,
    payouts: BTreeMap<u8, Payout>,
}

impl Truth {
    fn of(steps: &[Step]) -> Self {
        let mut truth = Self::default();
        // An event of another kind, so that there is always one.
        truth.history.then(shop_opened(1));
        for step in steps {
            truth.step(step);
        }
        truth
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Payment(number, command) => {
                let payment = self.payments.entry(*number).or_default();
                for event in payment.decide(command, DAWN).unwrap_or_default() {
                    *payment = std::mem::take(payment).evolve(&event);
                    add(&mut self.history, *number, event);
                }
            }
            Step::Payout(owner, command) => {
                let payout = self.payouts.entry(*owner).or_default();
                for event in payout.decide(command, DAWN).unwrap_or_default() {
                    *payout = std::mem::take(payout).evolve(&event);
                    self.history.then((account(wallet(*owner)), event));
                }
            }
        }
    }

    /// Held, released, refunded, returned, withdrawn.
    fn sums(&self, owner: Address) -> [u64; 5] {
        let mut sums = [0; 5];
        let number = |amount: BaseUnits| -> u64 { amount.0.to() };
        for payment in self.payments.values() {
            let Some((request, escrow)) = payment.request().ok().zip(payment.escrow()) else {
                continue;
            };
            if request.terms.seller == owner {
                sums[0] += number(escrow.held());
                sums[1] += number(escrow.released());
                sums[2] += number(escrow.refunded());
            }
            if request.terms.buyer == owner {
                sums[3] += number(escrow.refunded());
            }
        }
        for (_, payout) in self.payouts.iter().filter(|(it, _)| wallet(**it) == owner) {
            sums[4] += number(payout.withdrawn().unwrap());
        }
        sums
    }
}

/// Whatever happens, in whatever batches it is applied, the ledger is the sum of what the
/// aggregates say, and accounts add up to what the escrow was paid.
#[test]
fn the_ledger_is_the_sum_of_payments_and_payouts() {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 24,
        ..Config::default()
    });
    let cases = (
        prop::collection::vec(steps(), 0..120),
        prop::collection::vec(1_usize..12, 1..6),
    );
    let case = async |steps: Vec<Step>, cuts: Vec<usize>| {
        let db = TestDb::new().await;
        let truth = Truth::of(&steps);
        let all = truth.history.events.len();
        let (mut until, mut cuts) = (0, cuts.iter().cycle());
        while until < all {
            until = (until + cuts.next().unwrap()).min(all);
            db.project::<Ledger>(&truth.history.first(until)).await;
        }
        for number in [1, 7, 8] {
            let owner = wallet(number);
            let expected = truth.sums(owner);
            let found = sums_of(&db, owner).await.unwrap_or_default();
            prop_assert_eq!(&found[..5], &expected[..], "wallet {}", number);
            let left = (expected[1] + expected[3]).saturating_sub(expected[4]);
            prop_assert_eq!(found[5], left);
        }
        let funded: u64 = truth
            .payments
            .values()
            .filter_map(Payment::escrow)
            .map(|escrow| escrow.funded().0.to::<u64>())
            .sum();
        let (seller, buyer) = (truth.sums(SELLER), truth.sums(BUYER));
        let accounted: u64 = [seller, buyer]
            .iter()
            .map(|sums| sums[..3].iter().sum::<u64>())
            .sum();
        prop_assert_eq!(funded, accounted, "funded = held + released + refunded");
        Ok(())
    };
    runner
        .run(&cases, |(steps, cuts)| runtime.block_on(case(steps, cuts)))
        .unwrap();
}
