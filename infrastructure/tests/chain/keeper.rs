//! The keeper: releases after the hold time, once, within its budget.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    chain::PaymentRail,
    clock::Clock,
    due_releases::{DueRelease, DueReleases},
};
use gage_domain::{
    ids::{OrderId, PaymentId},
    payment::{Demand, Terms},
    value::BaseUnits,
};
use gage_infrastructure::{
    chain::{
        Keeper, KeeperCondition, KeeperParts, KeeperSettings, KeeperStatus, KeeperWaits, LocalKey,
        Minimum, ShopEscrow,
    },
    clock::SystemClock,
    postgres::{KeeperOutcome, KeeperTransaction, PostgresKeeperLedger, Reservation},
};
use serde_json::json;
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    node::{CHAIN_ID, Program},
    on_both,
    support::TestDb,
    world::World,
};

on_both!(
    what_nobody_disputed_is_released_once_by_two_keepers,
    what_the_contract_does_not_allow_is_not_sent,
    a_day_costs_no_more_than_its_budget,
    what_is_worth_less_than_its_release_is_left_alone,
    tokens_are_released_from_the_operators_minimum_on,
);

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);
/// An account that nobody else uses.
const KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";

fn key() -> LocalKey {
    LocalKey::from_hex(KEY).unwrap()
}

/// What a read model would say, whether it is right or not.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<Terms>>>);

#[async_trait]
impl DueReleases for Said {
    async fn due(
        &self,
        _chain_id: u64,
        _until: OffsetDateTime,
        after: Option<(OffsetDateTime, OrderId)>,
        limit: u32,
    ) -> Result<Vec<DueRelease>, StoreUnavailable> {
        let hold_ends = OffsetDateTime::UNIX_EPOCH;
        let said = self.0.lock().unwrap();
        let mut due: Vec<_> = said
            .iter()
            .map(|terms| DueRelease {
                terms: terms.clone(),
                hold_ends,
            })
            .collect();
        due.sort_by_key(|due| due.terms.order);
        due.retain(|due| after.is_none_or(|(_, order)| due.terms.order > order));
        due.truncate(usize::try_from(limit).unwrap());
        Ok(due)
    }
}

struct Keeping {
    status: KeeperStatus,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Keeping {
    async fn until(&self, what: &str, holds: impl Fn(&KeeperCondition) -> bool) {
        let since = Instant::now();
        while !holds(&self.status.condition()) {
            let condition = self.status.condition();
            assert!(since.elapsed() < PATIENCE, "not {what}: {condition:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until a look found so many payments that are due and worth too little.
    async fn until_left_alone(&self, payments: u64) {
        let since = Instant::now();
        while self.status.left_alone() != payments {
            let left = self.status.left_alone();
            assert!(since.elapsed() < PATIENCE, "{left} instead of {payments}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A keeper for which any coin is worth a release.
fn keep(world: &World, said: &Said, daily_budget: u64, max_fee: u64) -> Keeping {
    let minimum = Minimum {
        coin: Some(BaseUnits::ZERO),
        ..Minimum::default()
    };
    keep_from(world, said, (daily_budget, max_fee), minimum)
}

fn keep_from(
    world: &World,
    said: &Said,
    (daily_budget, max_fee): (u64, u64),
    minimum: Minimum,
) -> Keeping {
    let parts = KeeperParts {
        node: world.node.client(),
        key: key(),
        ledger: PostgresKeeperLedger::new(world.db.pool.clone(), CHAIN_ID, key().address()),
        due: Arc::new(said.clone()),
        clock: Arc::new(SystemClock),
    };
    let settings = KeeperSettings {
        chain_id: CHAIN_ID,
        daily_budget: BaseUnits::from(daily_budget),
        max_fee_per_gas: BaseUnits::from(max_fee),
        minimum,
    };
    let keeper = Keeper::new(parts, settings);
    let (status, stop) = (keeper.status(), CancellationToken::new());
    let task = tokio::spawn(keeper.run(stop.clone()));
    Keeping { status, stop, task }
}

/// Plenty for some releases at the chains' first fees.
const PLENTY: u64 = 10_000_000_000_000_000;
const ANY_FEE: u64 = u64::MAX;

/// A world whose keeper has an ether.
async fn world(program: Program) -> World {
    world_taking(program, &[]).await
}

/// The same with a contract that takes tokens with so many decimals, too.
async fn world_taking(program: Program, decimals: &[u8]) -> World {
    let world = World::taking(program, decimals).await;
    let rich = world.node.account(7).await;
    let ether = U256::from(1_000_000_000_000_000_000_u64);
    let gift = world
        .node
        .send(rich, Some(key().address()), ether, Vec::new().into())
        .await;
    world.node.receipt(gift).await;
    world
}

/// A payment that is held for so many seconds.
async fn paid(world: &World, hold_secs: u64) -> Terms {
    paid_so_much(world, hold_secs, 5_000).await
}

/// A payment in tokens that is not held.
async fn paid_in_token(world: &World, token: Address, amount: u64) -> Terms {
    let mut terms = world.terms_of_nothing(amount);
    (terms.hold_secs, terms.token) = (0, token);
    terms.key = gage_infrastructure::chain::key_of(&terms);
    world.pays_in_tokens(&terms).await;
    terms
}

async fn paid_so_much(world: &World, hold_secs: u64, amount: u64) -> Terms {
    let mut terms = world.terms_of_nothing(amount);
    terms.hold_secs = hold_secs;
    terms.arbiter = Address::repeat_byte(0xa5);
    terms.key = gage_infrastructure::chain::key_of(&terms);
    world.node.receipt(world.pay(&terms).await).await;
    terms
}

async fn in_the_books(world: &World, terms: &Terms) -> ShopEscrow::Payment {
    let call = ShopEscrow::paymentsCall { key: terms.key };
    let node = world.node.client();
    let answer = node.call(terms.escrow, call.abi_encode().into()).await;
    ShopEscrow::paymentsCall::abi_decode_returns(&answer.unwrap()).unwrap()
}

async fn until_released(world: &World, terms: &Terms, expected: u128) {
    let since = Instant::now();
    while in_the_books(world, terms).await.released != expected {
        assert!(since.elapsed() < PATIENCE, "never released");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The keepers' transactions, by state.
async fn ledger(world: &World) -> Vec<(String, i64)> {
    sqlx::query_as("SELECT state, count(*) FROM keeper_releases GROUP BY state ORDER BY state")
        .fetch_all(&world.db.pool)
        .await
        .unwrap()
}

async fn until_ledger(world: &World, expected: &[(&str, i64)]) {
    let since = Instant::now();
    loop {
        let found = ledger(world).await;
        let found: Vec<_> = found.iter().map(|(s, n)| (s.as_str(), *n)).collect();
        if found == expected {
            return;
        }
        assert!(since.elapsed() < PATIENCE, "{found:?} not {expected:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_nobody_disputed_is_released_once_by_two_keepers(program: Program) {
    let world = world(program).await;
    let said = Said::default();
    let (one, two) = (
        keep(&world, &said, PLENTY, ANY_FEE),
        keep(&world, &said, PLENTY, ANY_FEE),
    );
    let payments = [
        paid(&world, 0).await,
        paid(&world, 0).await,
        paid(&world, 0).await,
    ];
    said.0.lock().unwrap().extend(payments.iter().cloned());
    for terms in &payments {
        until_released(&world, terms, 5_000).await;
    }
    until_ledger(&world, &[("released", 3)]).await;
    // What a read model goes on to say is of no interest.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(ledger(&world).await, [("released".to_owned(), 3)]);
    let nonce = world
        .node
        .ask(
            "eth_getTransactionCount",
            json!([key().address(), "latest"]),
        )
        .await;
    assert_eq!(nonce, "0x3", "and nothing else was sent");
    for keeping in [one, two] {
        keeping.stop().await;
    }
}

async fn what_the_contract_does_not_allow_is_not_sent(program: Program) {
    let world = world(program).await;
    let said = Said::default();
    let (early, disputed, due) = (
        paid(&world, 3_600).await,
        paid(&world, 3_600).await,
        paid(&world, 0).await,
    );
    let dispute = world
        .rail
        .wallet_call(&disputed, Demand::Dispute, world.buyer)
        .await;
    assert!(dispute.gas.is_ok(), "{:?}", dispute.gas);
    let sent = world
        .node
        .send(
            world.buyer,
            Some(dispute.contract),
            U256::ZERO,
            dispute.call_data.into(),
        )
        .await;
    world.node.receipt(sent).await;
    let never_paid = world.terms_of_nothing(5_000);
    said.0
        .lock()
        .unwrap()
        .extend([early.clone(), disputed.clone(), never_paid, due.clone()]);
    let keeping = keep(&world, &said, PLENTY, ANY_FEE);
    until_released(&world, &due, 5_000).await;
    until_ledger(&world, &[("released", 1)]).await;
    for terms in [&early, &disputed] {
        assert_eq!(in_the_books(&world, terms).await.released, 0);
    }

    // Time passes on the chain: what was too early is due, what is disputed is not.
    world.node.ask("evm_increaseTime", json!([3_601])).await;
    world.node.mine(1).await;
    until_released(&world, &early, 5_000).await;
    until_ledger(&world, &[("released", 2)]).await;
    assert_eq!(in_the_books(&world, &disputed).await.released, 0);
    keeping.stop().await;
}

async fn a_day_costs_no_more_than_its_budget(program: Program) {
    let world = world(program).await;
    let said = Said::default();
    let terms = paid(&world, 0).await;
    said.0.lock().unwrap().push(terms.clone());
    let waits = |condition: &KeeperCondition, what| *condition == KeeperCondition::Waiting(what);

    let poor = keep(&world, &said, 1_000, ANY_FEE);
    poor.until("over budget", |condition| {
        waits(condition, KeeperWaits::Budget)
    })
    .await;
    poor.stop().await;
    let thrifty = keep(&world, &said, PLENTY, 1);
    thrifty
        .until("too dear", |condition| waits(condition, KeeperWaits::Fees))
        .await;
    thrifty.stop().await;
    assert_eq!(ledger(&world).await, []);
    assert_eq!(in_the_books(&world, &terms).await.released, 0);

    // What was spent today counts after a restart, too.
    let keeping = keep(&world, &said, PLENTY, ANY_FEE);
    until_released(&world, &terms, 5_000).await;
    until_ledger(&world, &[("released", 1)]).await;
    keeping.stop().await;
    let account = PostgresKeeperLedger::new(world.db.pool.clone(), CHAIN_ID, key().address());
    let midnight = SystemClock.now().replace_time(time::Time::MIDNIGHT);
    let spent = account.spent_since(midnight).await.unwrap();
    assert!(!spent.is_zero());
    let paid_out = U256::from(1_000_000_000_000_000_000_u64)
        - world.node.client().balance(key().address()).await.unwrap();
    assert_eq!(spent.0, paid_out, "what it cost, to the wei");
    let more = paid(&world, 0).await;
    said.0.lock().unwrap().push(more.clone());
    let spent = u64::try_from(spent.0).unwrap();
    let keeping = keep(&world, &said, spent + 1_000, ANY_FEE);
    keeping
        .until("over budget", |condition| {
            waits(condition, KeeperWaits::Budget)
        })
        .await;
    assert_eq!(in_the_books(&world, &more).await.released, 0);
    keeping.stop().await;
}

async fn what_is_worth_less_than_its_release_is_left_alone(program: Program) {
    let world = world(program).await;
    let said = Said::default();
    // At the chains' first fees a release costs some 10^14 wei.
    let worth_it = 5_000_000_000_000_000;
    let little = [paid(&world, 0).await, paid_so_much(&world, 0, 1).await];
    let much = paid_so_much(&world, 0, worth_it).await;
    said.0.lock().unwrap().extend(little.iter().cloned());
    said.0.lock().unwrap().push(much.clone());
    let keeping = keep_from(&world, &said, (PLENTY, ANY_FEE), Minimum::default());
    until_released(&world, &much, worth_it.into()).await;
    keeping.until_left_alone(2).await;
    keeping.stop().await;
    assert_eq!(ledger(&world).await, [("released".to_owned(), 1)]);

    // The operator's word counts more.
    let minimum = Minimum {
        coin: Some(BaseUnits::from(5_000)),
        ..Minimum::default()
    };
    let keeping = keep_from(&world, &said, (PLENTY, ANY_FEE), minimum);
    until_released(&world, &little[0], 5_000).await;
    keeping.until_left_alone(1).await;
    keeping.stop().await;
    assert_eq!(in_the_books(&world, &little[1]).await.released, 0);
}

async fn tokens_are_released_from_the_operators_minimum_on(program: Program) {
    let world = world_taking(program, &[6, 6]).await;
    let said = Said::default();
    let [known, unknown] = [&world.tokens[0], &world.tokens[1]].map(|token| token.address);
    let mut paid_in = Vec::new();
    for (token, amount) in [(known, 100), (known, 99), (unknown, 1_000_000)] {
        paid_in.push(paid_in_token(&world, token, amount).await);
    }
    said.0.lock().unwrap().extend(paid_in.iter().cloned());
    let minimum = Minimum {
        tokens: [(known, BaseUnits::from(100))].into(),
        ..Minimum::default()
    };
    let keeping = keep_from(&world, &said, (PLENTY, ANY_FEE), minimum);
    until_released(&world, &paid_in[0], 100).await;
    keeping.until_left_alone(2).await;
    keeping.stop().await;
    assert_eq!(ledger(&world).await, [("released".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_written_down_and_never_sent_is_sent_after_a_restart() {
    let world = world(Program::Anvil).await;
    let said = Said::default();
    let terms = paid(&world, 0).await;
    said.0.lock().unwrap().push(terms.clone());
    // The node takes it and does not mine it; then the node is told to forget it.
    world.node.mine_at_once(false).await;
    let keeping = keep(&world, &said, PLENTY, ANY_FEE);
    until_ledger(&world, &[("sent", 1)]).await;
    keeping.stop().await;
    world.node.ask("anvil_dropAllTransactions", json!([])).await;
    world.node.mine_at_once(true).await;
    assert_eq!(in_the_books(&world, &terms).await.released, 0);
    let age = "UPDATE keeper_releases SET sent_at = sent_at - interval '1 minute'";
    sqlx::query(age).execute(&world.db.pool).await.unwrap();

    let keeping = keep(&world, &said, PLENTY, ANY_FEE);
    until_released(&world, &terms, 5_000).await;
    until_ledger(&world, &[("released", 1)]).await;
    keeping.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_without_money_says_so() {
    let world = World::bare(Program::Ganache).await;
    let said = Said::default();
    let terms = paid(&world, 0).await;
    said.0.lock().unwrap().push(terms);
    let keeping = keep(&world, &said, PLENTY, ANY_FEE);
    keeping
        .until("out of funds", |condition| {
            *condition == KeeperCondition::Waiting(KeeperWaits::Funds)
        })
        .await;
    keeping.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_has_one_transaction_on_its_way_and_takes_a_refused_one_again() {
    let db = TestDb::new().await;
    let account = key().address();
    let ledger = PostgresKeeperLedger::new(db.pool.clone(), CHAIN_ID, account);
    let now = SystemClock.now().replace_nanosecond(0).unwrap();
    let midnight = now.replace_time(time::Time::MIDNIGHT);
    let transaction = |number: u8| KeeperTransaction {
        tx_hash: B256::repeat_byte(number),
        nonce: 7,
        raw: vec![number],
        payment: PaymentId(Uuid::from_u128(1)),
        sent_at: now,
    };
    let reserve = async |number, most: u64| {
        let (most, budget) = (BaseUnits::from(most), BaseUnits::from(100));
        let sent = transaction(number);
        ledger.reserve(&sent, most, budget, midnight).await.unwrap()
    };
    assert_eq!(reserve(1, 101).await, Reservation::OverBudget);
    assert_eq!(reserve(1, 60).await, Reservation::Made);
    let on_its_way = ledger.on_its_way().await.unwrap();
    assert_eq!(on_its_way, Some(transaction(1)));
    assert_eq!(reserve(2, 1).await, Reservation::Busy);
    let settle = async |number, outcome, cost: u64| {
        let (hash, cost) = (B256::repeat_byte(number), BaseUnits::from(cost));
        ledger.settle(hash, outcome, cost, now).await.unwrap();
    };
    settle(1, KeeperOutcome::Refused, 0).await;
    assert_eq!(reserve(1, 60).await, Reservation::Made, "the very same");
    settle(1, KeeperOutcome::Released, 50).await;
    assert_eq!(reserve(2, 51).await, Reservation::OverBudget);
    assert_eq!(reserve(2, 50).await, Reservation::Made);
    let spent = ledger.spent_since(midnight).await.unwrap();
    assert_eq!(spent, BaseUnits::from(100));
    let other = PostgresKeeperLedger::new(db.pool.clone(), CHAIN_ID, Address::ZERO);
    assert_eq!(other.on_its_way().await.unwrap(), None, "another account");
}
