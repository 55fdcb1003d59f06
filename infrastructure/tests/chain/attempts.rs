//! Reported transactions are watched until their end is known.

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use gage_application::{attempts::WatchError, ports::clock::Clock};
use gage_domain::{
    decider::Decider,
    payment::{AttemptFailure, AttemptStanding, Funding, PaymentCommand, PaymentRejection},
};
use gage_infrastructure::{chain::ShopEscrow, clock::SystemClock};
use serde_json::json;
use time::Duration;

use crate::{
    node::Program,
    on_both,
    proxy::{Fault, Proxy},
    watching::Watching,
    world::World,
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
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    let fail = PaymentCommand::FailAttempt {
        tx_hash: sent,
        reason: AttemptFailure::Replaced,
    };
    let refused = world
        .payment(terms.order)
        .await
        .decide(&fail, SystemClock.now());
    assert_eq!(refused, Err(PaymentRejection::AttemptPaid));
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    world.ends(listener).await;
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
    world.ends(listener).await;
}
