//! The event log is compared with the contract, on real chains.

use std::sync::Arc;

use alloy::{
    primitives::{Address, U256},
    sol_types::SolCall,
};
use gage_application::{
    ports::{
        chain::{Observation, Observed},
        escrow_view::EscrowAccount,
    },
    reconciliation::{Datum, Difference, Field, Reconciliation, Report, Subject},
};
use gage_domain::{
    ids::PaymentId,
    payment::{LogRef, Terms},
    value::BaseUnits,
};
use gage_infrastructure::chain::{EscrowViewSettings, EvmEscrowView, Node, ShopEscrow};

use crate::{
    node::{CHAIN_ID, Program},
    on_both,
    world::World,
};

on_both!(
    what_nobody_paid_in_time_is_counted_and_not_asked_about,
    paid_released_refunded_and_taken_out_agrees,
    what_waits_for_confirmations_is_pending,
    a_payment_that_the_listener_was_pointed_past_is_found,
    a_release_that_never_was_is_found,
);

impl World {
    pub(crate) fn reconciliation_over(&self, node: Node, confirmations: u64) -> Reconciliation {
        let settings = EscrowViewSettings {
            chain_id: CHAIN_ID,
            escrow: self.escrow.address,
            start_block: self.escrow.block,
            confirmations,
        };
        Reconciliation {
            log: Arc::new(self.db.log()),
            record: Arc::new(self.store()),
            escrow: Arc::new(EvmEscrowView::new(node, settings)),
        }
    }

    pub(crate) fn reconciliation(&self, confirmations: u64) -> Reconciliation {
        self.reconciliation_over(self.node.client(), confirmations)
    }

    pub(crate) async fn reconciled(&self, confirmations: u64) -> Report {
        self.reconciliation(confirmations)
            .run(&|_| {})
            .await
            .unwrap()
    }

    /// Someone calls the contract.
    pub(crate) async fn calls(&self, by: Address, call: impl SolCall) {
        let data = call.abi_encode().into();
        let to = Some(self.escrow.address);
        let sent = self.node.send(by, to, U256::ZERO, data).await;
        self.node.receipt(sent).await;
    }

    pub(crate) async fn releases(&self, terms: &Terms, amount: u64) {
        let (key, amount) = (terms.key, U256::from(amount));
        self.calls(self.buyer, ShopEscrow::releaseCall { key, amount })
            .await;
    }

    pub(crate) async fn refunds(&self, terms: &Terms, amount: u64) {
        let (key, amount) = (terms.key, U256::from(amount));
        let seller = self.node.account(0).await;
        self.calls(seller, ShopEscrow::refundCall { key, amount })
            .await;
    }

    /// Writes a log that never was into the listener's own table, beside the only one there.
    async fn forges(&self, terms: &Terms, log: LogRef, what: Observed) {
        let observation = Observation {
            log,
            payment: Some(terms.order.into()),
            key: terms.key,
            what,
            mined_at: None,
        };
        let forged = sqlx::query(
            "INSERT INTO chain_sightings (chain_id, escrow, block_hash, log_index, \
             block_number, tx_hash, payment_id, status, observation) \
             SELECT chain_id, escrow, block_hash, $2, block_number, tx_hash, payment_id, 'seen', \
             $1 FROM chain_sightings",
        )
        .bind(serde_json::to_value(&observation).unwrap())
        .bind(i64::try_from(log.log_index).unwrap())
        .execute(&self.db.pool)
        .await
        .unwrap();
        assert_eq!(forged.rows_affected(), 1);
    }

    pub(crate) async fn withdraws(&self, account: Address) {
        let token = Address::ZERO;
        self.calls(account, ShopEscrow::withdrawCall { token })
            .await;
    }
}

/// What differs, in words that a person reads.
pub(crate) fn told(report: &Report) -> Vec<String> {
    let differences = report.differences.first.iter();
    differences.map(ToString::to_string).collect()
}

async fn what_nobody_paid_in_time_is_counted_and_not_asked_about(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let [paid, _unpaid, _neither] = [
        world.order(1).await,
        world.order(2).await,
        world.order(3).await,
    ];
    world.node.receipt(world.pay(&paid).await).await;
    world
        .until_told(paid.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    let counts = async || {
        let report = world.reconciled(1).await;
        assert_eq!(told(&report), [""; 0]);
        (report.payments, report.never_paid)
    };
    assert_eq!(counts().await, (3, 0), "they can be paid");

    let a_day_and_more = 86_400 + 3_600;
    world
        .node
        .ask("evm_increaseTime", serde_json::json!([a_day_and_more]))
        .await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    assert_eq!(counts().await, (1, 2), "by the chain's time it is over");
    listener.stop().await;
}

async fn paid_released_refunded_and_taken_out_agrees(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let [whole, parts, unpaid, open] = [
        world.order(1).await,
        world.order(3).await,
        world.order(2).await,
        world.order(4).await,
    ];
    for terms in [&whole, &parts, &open] {
        world.node.receipt(world.pay(terms).await).await;
    }
    world.releases(&whole, 1_000_000).await;
    world.releases(&parts, 1_000_000).await;
    world.refunds(&parts, 500_000).await;
    world.releases(&parts, 7).await;
    // Some of it is taken out.
    world.withdraws(world.buyer).await;
    world.node.mine(3).await;
    listener.until_at_head().await;
    world
        .until_told(open.order, &["detected", "confirmed"])
        .await;
    listener.stop().await;

    let report = world.reconciled(1).await;
    assert_eq!(told(&report), [""; 0]);
    assert!(report.agrees());
    assert_eq!((report.payments, report.pending.count), (4, 0));
    assert_eq!(report.logs, 8);
    let units = BaseUnits::from;
    let [totals] = &report.tokens[..] else {
        panic!("{report:?}")
    };
    assert_eq!(totals.funded, units(8_000_000));
    assert_eq!(totals.released, units(2_000_007));
    assert_eq!(totals.refunded, units(500_000));
    assert_eq!(totals.held, units(5_499_993));
    assert_eq!(totals.withdrawn, units(500_000), "the buyer's");
    assert_eq!(totals.withdrawable, units(2_000_007), "the seller's");
    assert_eq!(totals.balance, units(7_500_000));
    assert_eq!(report.accounts, 2);

    // Book by book it comes to the same.
    for held in [1, 2, 5] {
        let reconciliation = world.reconciliation(1);
        let in_books = reconciliation.run_holding(held, &|_| {}).await.unwrap();
        assert_eq!(in_books, report, "held {held}");
    }
    assert!(world.told(unpaid.order).await.len() == 1);
}

async fn what_waits_for_confirmations_is_pending(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(3);
    let [deep, shallow] = [world.order(1).await, world.order(2).await];
    world.node.receipt(world.pay(&deep).await).await;
    world.node.mine(2).await;
    world
        .until_told(deep.order, &["detected", "confirmed"])
        .await;
    world.releases(&deep, 9).await;
    world.node.receipt(world.pay(&shallow).await).await;
    world.until_told(shallow.order, &["detected"]).await;
    listener.until_at_head().await;
    listener.stop().await;

    let report = world.reconciled(3).await;
    assert_eq!(told(&report), [""; 0]);
    let pending: Vec<_> = report
        .pending
        .first
        .iter()
        .map(|pending| pending.payment)
        .collect();
    assert_eq!(pending, [Some(PaymentId::from(shallow.order))]);

    // With fewer confirmations the same blocks are deep, and the event log does not have it yet.
    let report = world.reconciled(1).await;
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.pending.count, 2, "{report:?}");
    assert_eq!(report.tokens[0].released, BaseUnits::from(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_pending_until_it_is_deep_and_a_difference_when_it_is_not_on_record() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(2);
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.refunds(&terms, 700).await;
    world.node.mine(1).await;
    let story = ["detected", "confirmed", "refunded"];
    world.until_told(terms.order, &story).await;
    world.withdraws(world.buyer).await;
    listener.until_at_head().await;
    listener.stop().await;

    // One block is deep enough, and the event log does not have it yet.
    let report = world.reconciled(1).await;
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.pending.count, 1, "{report:?}");
    assert_eq!(report.tokens[0].withdrawn, BaseUnits::from(700));

    world.node.mine(1).await;
    let listener = world.follow(2);
    listener.until_at_head().await;
    listener.stop().await;
    let report = world.reconciled(2).await;
    assert_eq!((told(&report), report.pending.count), (vec![], 0));
    assert_eq!(report.tokens[0].withdrawn, BaseUnits::from(700));
    assert_eq!(report.tokens[0].withdrawable, BaseUnits::ZERO);

    // An event log that was never told of it.
    let forget = "ALTER TABLE events DISABLE TRIGGER events_append_only;
        DELETE FROM events WHERE aggregate_type = 'Payout';
        ALTER TABLE events ENABLE TRIGGER events_append_only";
    sqlx::raw_sql(forget).execute(&world.db.pool).await.unwrap();
    let report = world.reconciled(2).await;
    let subject = Subject::Account(EscrowAccount {
        token: Address::ZERO,
        owner: world.buyer,
    });
    let amount = |amount: u64| Datum::Amount(BaseUnits::from(amount));
    let difference = |field, recorded, found| Difference {
        subject,
        field,
        recorded: amount(recorded),
        found: amount(found),
    };
    assert_eq!(
        report.differences.first,
        [
            difference(Field::Withdrawn, 0, 700),
            difference(Field::Withdrawable, 700, 0),
        ]
    );
}

async fn a_payment_that_the_listener_was_pointed_past_is_found(program: Program) {
    let world = World::new(program).await;
    let [missed, seen] = [world.order(1).await, world.order(2).await];
    world.node.receipt(world.pay(&missed).await).await;
    let mut settings = world.settings(1);
    settings.start_block = world.node.height().await + 1;
    let listener = world.follow_with(settings);
    world.node.receipt(world.pay(&seen).await).await;
    world
        .until_told(seen.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;

    let report = world.reconciled(1).await;
    let subject = Subject::Payment(PaymentId::from(missed.order));
    let paid = Difference {
        subject,
        field: Field::Payment,
        recorded: Datum::Nothing,
        found: Datum::Amount(missed.amount),
    };
    assert!(report.differences.first.contains(&paid), "{report:#?}");
    let of_the_other = Subject::Payment(PaymentId::from(seen.order));
    let others = report.differences.first.iter();
    assert!(
        others
            .clone()
            .all(|difference| difference.subject != of_the_other),
        "{report:#?}"
    );
    let fields: Vec<Field> = others.map(|difference| difference.field).collect();
    assert_eq!(fields, [Field::Log, Field::Payment, Field::Equation]);
    let words = told(&report).join("\n");
    let found = format!(
        "payment {}: payment: nothing in the event log, {} on the chain",
        missed.order, missed.amount
    );
    assert!(words.contains(&found), "{words}");

    // Read again from its beginning, the chain says what is missing.
    sqlx::query("DELETE FROM chain_sightings; ")
        .execute(&world.db.pool)
        .await
        .unwrap();
    for table in ["chain_blocks", "chain_cursor"] {
        let forget = format!("DELETE FROM {table}");
        sqlx::query(&forget).execute(&world.db.pool).await.unwrap();
    }
    let listener = world.follow(1);
    world
        .until_told(missed.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;
    assert_eq!(told(&world.reconciled(1).await), [""; 0]);
}

async fn a_release_that_never_was_is_found(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(3).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    // Somebody writes a second log into the listener's own table; the listener takes it for one
    // that it saw, and the event log has a release.
    let paid = world.payment(terms.order).await.sighting().unwrap().log;
    let forged = LogRef {
        log_index: 77,
        ..paid
    };
    let amount = BaseUnits::from(1_234);
    world
        .forges(&terms, forged, Observed::Released { amount })
        .await;
    world.node.mine(1).await;
    world
        .until_told(terms.order, &["detected", "confirmed", "released"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;

    let report = world.reconciled(1).await;
    let subject = Subject::Payment(PaymentId::from(terms.order));
    let log = Datum::Log {
        log: forged,
        what: Observed::Released { amount },
    };
    let difference = |field, recorded, found| Difference {
        subject,
        field,
        recorded,
        found,
    };
    let amount_of = |amount: BaseUnits| Datum::Amount(amount);
    let of_payment: Vec<_> = report
        .differences
        .first
        .iter()
        .filter(|difference| difference.subject == subject)
        .cloned()
        .collect();
    assert_eq!(
        of_payment,
        [
            difference(Field::Log, log, Datum::Nothing),
            difference(
                Field::Released,
                amount_of(amount),
                amount_of(BaseUnits::ZERO)
            ),
        ]
    );
    // Held by the contract and released by the event log are more than was paid.
    let equation = report.differences.first.last().unwrap();
    assert_eq!(equation.field, Field::Equation, "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_nobody_asked_for_is_listed_with_its_reason() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let stray = world.terms_of_nothing(777);
    world.node.receipt(world.pay(&stray).await).await;
    world.releases(&stray, 700).await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;

    let report = world.reconciled(1).await;
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.unmatched.count, 2);
    let words = report.unmatched.first[0].to_string();
    assert!(words.contains("paid 777"), "{words}");
    assert!(words.contains("no payment was requested"), "{words}");
    // What was released of it is the seller's all the same, and the contract's to pay.
    assert_eq!(report.tokens[0].withdrawable, BaseUnits::from(700));
    assert_eq!(report.tokens[0].funded, terms.amount);

    // Were it not on record, it would differ.
    sqlx::query("DELETE FROM chain_sightings WHERE status = 'unmatched'")
        .execute(&world.db.pool)
        .await
        .unwrap();
    let report = world.reconciled(1).await;
    assert_eq!(report.unmatched.count, 0);
    let fields: Vec<Field> = report
        .differences
        .first
        .iter()
        .map(|difference| difference.field)
        .collect();
    assert_eq!(fields, [Field::Log, Field::Log]);
}
