//! Reported transactions are watched until their end is known.

use std::sync::{Arc, Mutex};

use alloy::{
    primitives::{Address, B256, U64, U256},
    sol_types::SolCall,
};
use async_trait::async_trait;
use gage_application::{
    attempts::{AttemptWatch, WatchError, WatchParts, WatchSettings, WatchTurn},
    event::{Decoder, StreamName},
    operations::report_payment_attempt::ReportPaymentAttempt,
    ports::{
        StoreUnavailable,
        attempts::{AttemptPlace, PendingAttempt, PendingAttempts},
        chain::PaymentRail,
        clock::Clock,
        event_log::EventLog,
    },
};
use gage_domain::{
    decider::Decider,
    ids::PaymentId,
    payment::{
        AttemptFailure, AttemptStanding, Funding, Payment, PaymentEvent, PaymentRejection, Terms,
    },
};
use gage_infrastructure::{
    chain::{EvmAttempts, Node, ShopEscrow},
    clock::{SystemClock, SystemEntropy},
    postgres::PostgresEventLog,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    node::{CHAIN_ID, Program},
    on_both,
    proxy::{Fault, Proxy},
    world::{World, request},
};

on_both!(
    a_transaction_that_failed_is_told_once_it_is_deep,
    a_transaction_that_was_sped_up_is_replaced_and_the_payment_counts,
    a_transaction_that_was_cancelled_is_replaced_and_the_order_stays_payable,
    a_payment_that_is_mined_has_no_failure,
);

/// Longer than any test: nothing is dropped.
const NEVER: Duration = Duration::days(1);
const MINUTE: Duration = Duration::MINUTE;

/// A clock that a test moves on.
struct OwnClock(Mutex<OffsetDateTime>);

impl Clock for OwnClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}

/// The list as the read model keeps it, made from the log.
struct FromTheLog {
    pool: PgPool,
    log: PostgresEventLog,
}

#[async_trait]
impl PendingAttempts for FromTheLog {
    async fn pending(
        &self,
        after: AttemptPlace,
        limit: u32,
    ) -> Result<Vec<PendingAttempt>, StoreUnavailable> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT aggregate_id FROM events WHERE event_type = 'AttemptReported'",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap();
        let mut pending = Vec::new();
        for id in ids {
            let id: PaymentId = id.parse().unwrap();
            pending.extend(self.of_payment(id).await);
        }
        pending.retain(|attempt| attempt.place() > after);
        pending.sort_unstable_by_key(PendingAttempt::place);
        pending.truncate(usize::try_from(limit).unwrap());
        Ok(pending)
    }
}

impl FromTheLog {
    async fn of_payment(&self, id: PaymentId) -> Vec<PendingAttempt> {
        let stored = self.log.load(&StreamName::of::<Payment>(id), 0).await;
        let stored = stored.unwrap();
        let (decoder, mut payment) = (Decoder::current(), Payment::default());
        let mut reported_at = Vec::new();
        for stored in &stored {
            let event = decoder.event::<Payment>(stored).unwrap();
            if let PaymentEvent::AttemptReported { .. } = event {
                reported_at.push(stored.metadata.decided_at);
            }
            payment = payment.evolve(&event);
        }
        let request = payment.request().unwrap();
        let attempts = request.attempts.iter().zip(reported_at);
        let open = |standing| {
            standing == AttemptStanding::Pending
                || standing == AttemptStanding::Failed(AttemptFailure::Dropped)
        };
        attempts
            .filter(|(attempt, _)| open(attempt.standing))
            .map(|(attempt, reported_at)| PendingAttempt {
                order: id.into(),
                tx_hash: attempt.tx_hash,
                nonce: attempt.nonce,
                by: attempt.by,
                reported_at,
                standing: attempt.standing,
                chain_id: request.terms.chain_id,
            })
            .collect()
    }
}

/// A worker whose turns and whose time are the test's.
struct Watching {
    watch: AttemptWatch,
    clock: Arc<OwnClock>,
}

impl Watching {
    fn new(world: &World, node: Node, confirmations: u64, dropped_after: Duration) -> Self {
        let clock = Arc::new(OwnClock(Mutex::new(SystemClock.now() + MINUTE)));
        let parts = WatchParts {
            gateway: world.gateway.clone(),
            pending: Arc::new(FromTheLog {
                pool: world.db.pool.clone(),
                log: world.db.log(),
            }),
            chain: Arc::new(EvmAttempts::new(
                node,
                world.store(),
                CHAIN_ID,
                confirmations,
            )),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
        };
        let settings = WatchSettings {
            interval: Duration::ZERO,
            dropped_after,
            watched_for: Duration::days(30),
        };
        let watch = AttemptWatch::new(parts, settings);
        Self { watch, clock }
    }

    /// A look, a while after the last one.
    async fn looks(&mut self) -> Result<WatchTurn, WatchError> {
        *self.clock.0.lock().unwrap() += MINUTE * 11;
        self.watch.turn().await
    }

    /// Two looks: what follows from absence is said when they agree.
    async fn looks_twice(&mut self) {
        for _ in 0..2 {
            assert_eq!(self.looks().await.unwrap(), WatchTurn::Swept);
        }
    }
}

impl World {
    async fn reports(&self, terms: &Terms, tx_hash: B256, nonce: u64) {
        let report = ReportPaymentAttempt {
            order: terms.order,
            by: self.buyer,
            tx_hash,
            nonce,
        };
        self.gateway.execute(report, request()).await.unwrap();
    }

    /// What became of a reported transaction.
    async fn standing(&self, terms: &Terms, tx_hash: B256) -> AttemptStanding {
        let payment = self.payment(terms.order).await;
        let attempts = &payment.request().unwrap().attempts;
        let attempt = attempts.iter().find(|attempt| attempt.tx_hash == tx_hash);
        attempt.expect("it was reported").standing
    }

    async fn nonce(&self) -> u64 {
        let nonce = self
            .node
            .ask("eth_getTransactionCount", json!([self.buyer, "latest"]))
            .await;
        serde_json::from_value::<U64>(nonce).unwrap().to()
    }

    /// Sends a transaction with a nonce and a price of one's own; it waits to be mined.
    async fn sends(&self, mut transaction: Value, nonce: u64, gwei: u64) -> B256 {
        transaction["from"] = json!(self.buyer);
        transaction["gas"] = json!("0x3d0900");
        transaction["nonce"] = json!(U64::from(nonce));
        transaction["gasPrice"] = json!(U256::from(gwei) * U256::from(1_000_000_000));
        let hash = self.node.ask("eth_sendTransaction", json!([transaction]));
        serde_json::from_value(hash.await).unwrap()
    }

    async fn payment_of(&self, terms: &Terms) -> Value {
        let instructions = self.rail.instructions(terms, self.buyer).await;
        json!({
            "to": instructions.contract,
            "value": instructions.value.0,
            "data": alloy::primitives::Bytes::from(instructions.call_data),
        })
    }

    /// A transfer of nothing to oneself: how wallets cancel.
    fn cancellation(&self) -> Value {
        json!({ "to": self.buyer, "value": "0x0" })
    }

    async fn is_payable(&self, terms: &Terms) -> bool {
        self.payment(terms.order).await.payable().is_ok()
    }
}

const PENDING: AttemptStanding = AttemptStanding::Pending;

fn failed(reason: AttemptFailure) -> AttemptStanding {
    AttemptStanding::Failed(reason)
}

async fn a_transaction_that_failed_is_told_once_it_is_deep(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(3);
    let mut watching = Watching::new(&world, world.node.client(), 3, NEVER);
    let terms = world.order(2).await;
    // The contract takes the exact amount only.
    let mut payment = world.payment_of(&terms).await;
    payment["value"] = json!("0x1");
    let nonce = world.nonce().await;
    let sent = world.sends(payment, nonce, 20).await;
    world.reports(&terms, sent, nonce).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    assert_eq!(
        world.standing(&terms, sent).await,
        PENDING,
        "two are not three"
    );

    world.node.mine(1).await;
    listener.until_at_head().await;
    watching.looks().await.unwrap();
    let reverted = failed(AttemptFailure::Reverted);
    assert_eq!(world.standing(&terms, sent).await, reverted);
    assert!(world.is_payable(&terms).await);

    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(2).await;
    let story = [
        "attempt reported",
        "attempt failed",
        "detected",
        "confirmed",
    ];
    world.until_told(terms.order, &story).await;
    listener.stop().await;
}

async fn a_transaction_that_was_sped_up_is_replaced_and_the_payment_counts(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(2);
    let mut watching = Watching::new(&world, world.node.client(), 2, NEVER);
    let terms = world.order(2).await;
    let (payment, nonce) = (world.payment_of(&terms).await, world.nonce().await);
    world.node.mine_at_once(false).await;
    let slow = world.sends(payment.clone(), nonce, 10).await;
    world.reports(&terms, slow, nonce).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    assert_eq!(world.standing(&terms, slow).await, PENDING, "it waits");
    let quick = world.sends(payment, nonce, 20).await;
    assert_ne!(slow, quick);
    world.reports(&terms, quick, nonce).await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    assert_eq!(
        world.standing(&terms, slow).await,
        PENDING,
        "one is not two"
    );

    world.node.mine(1).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    let replaced = failed(AttemptFailure::Replaced);
    assert_eq!(world.standing(&terms, slow).await, replaced);
    assert_eq!(
        world.standing(&terms, quick).await,
        PENDING,
        "it is the payment"
    );
    let paid = world.payment(terms.order).await;
    let Funding::Confirmed(deposit) = &paid.request().unwrap().funding else {
        panic!("{paid:?}")
    };
    assert_eq!(deposit.sighting.log.tx_hash, quick);
    // What is known is not told again.
    let told = world.told(terms.order).await;
    watching.looks_twice().await;
    assert_eq!(world.told(terms.order).await, told);
    listener.stop().await;
}

async fn a_transaction_that_was_cancelled_is_replaced_and_the_order_stays_payable(
    program: Program,
) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, NEVER);
    let terms = world.order(2).await;
    let (payment, nonce) = (world.payment_of(&terms).await, world.nonce().await);
    world.node.mine_at_once(false).await;
    let sent = world.sends(payment, nonce, 10).await;
    world.reports(&terms, sent, nonce).await;
    world.sends(world.cancellation(), nonce, 20).await;
    world.node.mine(1).await;
    world.node.mine_at_once(true).await;
    listener.until_at_head().await;
    watching.looks().await.unwrap();
    assert_eq!(world.standing(&terms, sent).await, PENDING, "one look");
    watching.looks().await.unwrap();
    let replaced = failed(AttemptFailure::Replaced);
    assert_eq!(world.standing(&terms, sent).await, replaced);
    assert!(world.is_payable(&terms).await);
    listener.stop().await;
}

async fn a_payment_that_is_mined_has_no_failure(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, Duration::ZERO);
    let terms = world.order(1).await;
    let nonce = world.nonce().await;
    world.sends(world.cancellation(), nonce, 20).await;
    world.node.mine_at_once(false).await;
    let payment = world.payment_of(&terms).await;
    let paid = world.sends(payment, nonce + 1, 20).await;
    // A hint may be wrong: this nonce was used by another one before.
    world.reports(&terms, paid, nonce).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    world.node.mine(1).await;
    let story = ["attempt reported", "detected", "confirmed"];
    world.until_told(terms.order, &story).await;
    watching.looks_twice().await;
    assert_eq!(world.told(terms.order).await[1..], story);
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_the_network_forgot_is_dropped_after_a_while() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, MINUTE * 20);
    let terms = world.order(2).await;
    let (payment, nonce) = (world.payment_of(&terms).await, world.nonce().await);
    world.node.mine_at_once(false).await;
    let sent = world.sends(payment, nonce, 10).await;
    world.reports(&terms, sent, nonce).await;
    listener.until_at_head().await;
    // For however long it waits: it is known.
    for _ in 0..5 {
        watching.looks().await.unwrap();
    }
    assert_eq!(world.standing(&terms, sent).await, PENDING);
    let forgotten = world.node.ask("anvil_dropTransaction", json!([sent])).await;
    assert_eq!(forgotten, json!(sent));
    watching.looks_twice().await;
    assert_eq!(world.standing(&terms, sent).await, PENDING, "11 minutes");
    watching.looks().await.unwrap();
    let dropped = failed(AttemptFailure::Dropped);
    assert_eq!(world.standing(&terms, sent).await, dropped);
    assert!(world.is_payable(&terms).await);

    // A later verdict replaces it: the nonce is used for something else.
    world.sends(world.cancellation(), nonce, 20).await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    let replaced = failed(AttemptFailure::Replaced);
    assert_eq!(world.standing(&terms, sent).await, replaced);
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_that_turns_up_pays() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, Duration::ZERO);
    let terms = world.order(2).await;
    let (payment, nonce) = (world.payment_of(&terms).await, world.nonce().await);
    world.node.mine_at_once(false).await;
    let sent = world.sends(payment.clone(), nonce, 10).await;
    world.reports(&terms, sent, nonce).await;
    world.node.ask("anvil_dropTransaction", json!([sent])).await;
    listener.until_at_head().await;
    watching.looks().await.unwrap();
    let dropped = failed(AttemptFailure::Dropped);
    assert_eq!(world.standing(&terms, sent).await, dropped);

    assert_eq!(world.sends(payment, nonce, 10).await, sent, "the same one");
    world.node.mine(1).await;
    let story = [
        "attempt reported",
        "attempt failed",
        "detected",
        "confirmed",
    ];
    world.until_told(terms.order, &story).await;
    watching.looks_twice().await;
    let fail = gage_domain::payment::PaymentCommand::FailAttempt {
        tx_hash: sent,
        reason: AttemptFailure::Replaced,
    };
    let refused = world
        .payment(terms.order)
        .await
        .decide(&fail, SystemClock.now());
    assert_eq!(refused, Err(PaymentRejection::AttemptPaid));
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_leads_to_no_verdict() {
    let mut world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, MINUTE * 20);
    let terms = world.order(2).await;
    let (payment, nonce) = (world.payment_of(&terms).await, world.nonce().await);
    world.node.mine_at_once(false).await;
    let sent = world.sends(payment, nonce, 10).await;
    world.reports(&terms, sent, nonce).await;
    listener.until_at_head().await;
    watching.looks_twice().await;

    world.node.stop().await;
    for _ in 0..10 {
        let away = watching.looks().await;
        assert!(matches!(away, Err(WatchError::Chain(_))), "{away:?}");
    }
    assert_eq!(world.told(terms.order).await.len(), 2);
    // It lost what waited to be mined, so the while begins with the first look that says so.
    world.node.resume().await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    assert_eq!(world.standing(&terms, sent).await, PENDING);
    watching.looks().await.unwrap();
    let dropped = failed(AttemptFailure::Dropped);
    assert_eq!(world.standing(&terms, sent).await, dropped);
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_or_limits_us_leads_to_no_verdict() {
    let world = World::new(Program::Anvil).await;
    let terms = world.order(2).await;
    let nonce = world.nonce().await;
    let mut payment = world.payment_of(&terms).await;
    payment["value"] = json!("0x1");
    let before = world.node.height().await;
    let sent = world.sends(payment, nonce, 20).await;
    world.reports(&terms, sent, nonce).await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    listener.stop().await;
    for fault in [Fault::Behind(before), Fault::Limits] {
        let proxy = Proxy::start(world.node.port(), fault).await;
        let mut watching = Watching::new(&world, proxy.client(), 1, Duration::ZERO);
        for _ in 0..3 {
            let away = watching.looks().await;
            assert!(matches!(away, Err(WatchError::Chain(_))), "{away:?}");
        }
    }
    assert_eq!(world.standing(&terms, sent).await, PENDING);

    // Behind a balancer, one answer comes from a node that does not know the block yet: by that
    // look alone the transaction would be replaced.
    let proxy = Proxy::start(world.node.port(), Fault::ForgetsOnce).await;
    let mut watching = Watching::new(&world, proxy.client(), 1, NEVER);
    watching.looks().await.unwrap();
    assert_eq!(world.standing(&terms, sent).await, PENDING);
    watching.looks().await.unwrap();
    let reverted = failed(AttemptFailure::Reverted);
    assert_eq!(world.standing(&terms, sent).await, reverted);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_replicas_and_restarts_tell_a_verdict_once() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let mut all = Vec::new();
    for key in [terms.key, B256::ZERO] {
        let data = ShopEscrow::releaseCall {
            key,
            amount: U256::from(1),
        };
        let call = json!({
            "to": world.escrow.address,
            "data": alloy::primitives::Bytes::from(data.abi_encode()),
        });
        let nonce = world.nonce().await;
        let sent = world.sends(call, nonce, 20).await;
        world.reports(&terms, sent, nonce).await;
        all.push(sent);
    }
    listener.until_at_head().await;
    let watching = || Watching::new(&world, world.node.client(), 1, NEVER);
    let (mut one, mut two) = (watching(), watching());
    let (first, second) = tokio::join!(one.looks(), two.looks());
    first.unwrap();
    second.unwrap();
    watching().looks_twice().await;
    for sent in all {
        let reverted = failed(AttemptFailure::Reverted);
        assert_eq!(world.standing(&terms, sent).await, reverted);
    }
    let told = world.told(terms.order).await;
    let failures = told.iter().filter(|event| **event == "attempt failed");
    assert_eq!(failures.count(), 2, "{told:?}");
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_another_wallet_is_known_by_its_own_nonce() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let mut watching = Watching::new(&world, world.node.client(), 1, NEVER);
    let terms = world.order(2).await;
    // The buyer's own nonces go far beyond the sponsor's.
    for _ in 0..3 {
        let nonce = world.nonce().await;
        world.sends(world.cancellation(), nonce, 20).await;
    }
    world.node.mine_at_once(false).await;
    let sponsor: Address = world.node.account(2).await;
    let mut payment = world.payment_of(&terms).await;
    payment["from"] = json!(sponsor);
    payment["gas"] = json!("0x3d0900");
    let hash = world
        .node
        .ask("eth_sendTransaction", json!([payment]))
        .await;
    let sent: B256 = serde_json::from_value(hash).unwrap();
    world.reports(&terms, sent, 0).await;
    listener.until_at_head().await;
    watching.looks_twice().await;
    world.node.ask("anvil_dropTransaction", json!([sent])).await;
    watching.looks_twice().await;
    assert_eq!(world.standing(&terms, sent).await, PENDING, "not replaced");
    listener.stop().await;
}
