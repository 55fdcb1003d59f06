//! Payments are seen, become deep enough, and count once.

use alloy::{primitives::U256, sol_types::SolCall};
use gage_application::ports::chain::{ChainCondition, SightingStatus};
use gage_domain::payment::{Funding, PaymentEvent};
use gage_infrastructure::chain::ShopEscrow;

use crate::{bytecode, node::Program, on_both, world::World};

on_both!(
    a_payment_counts_once_it_is_deep_enough,
    money_that_moves_on_is_recorded_after_its_payment,
    payments_of_one_block_are_told_apart,
    a_payment_through_another_contract_counts,
    a_payment_that_nobody_asked_for_is_kept_apart,
);

async fn a_payment_counts_once_it_is_deep_enough(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(3);
    let terms = world.order(2).await;
    let paid = world.pay(&terms).await;
    world.until_told(terms.order, &["detected"]).await;
    world.node.mine(1).await;
    listener.until_at_head().await;
    assert_eq!(
        world.told(terms.order).await.len(),
        2,
        "two blocks are not three"
    );

    world.node.mine(1).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    let last = world.history(terms.order).await.pop().unwrap();
    let PaymentEvent::PaymentConfirmed { log, confirmations } = last else {
        panic!("{last:?}")
    };
    assert_eq!((log.tx_hash, confirmations), (paid, 3));
    assert_eq!(
        world.payment(terms.order).await.escrow().unwrap().held(),
        terms.amount
    );
    assert_eq!(world.escrowed().await, terms.amount.0);
    world.ends(listener).await;
}

async fn payments_of_one_block_are_told_apart(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let mut all = Vec::new();
    world.node.mine_at_once(false).await;
    for pieces in 1..=4 {
        let terms = world.order(pieces).await;
        all.push((world.pay(&terms).await, terms));
    }
    world.node.mine(1).await;
    world.node.mine_at_once(true).await;

    let mut blocks = Vec::new();
    for (paid, terms) in &all {
        world
            .until_told(terms.order, &["detected", "confirmed"])
            .await;
        let Some(seen) = world.payment(terms.order).await.sighting() else {
            panic!("unseen")
        };
        assert_eq!((seen.log.tx_hash, seen.amount), (*paid, terms.amount));
        blocks.push((seen.log.block_hash, seen.log.log_index));
    }
    assert!(
        blocks.iter().all(|(hash, _)| *hash == blocks[0].0),
        "one block: {blocks:?}"
    );
    blocks.dedup();
    assert_eq!(blocks.len(), 4, "four logs: {blocks:?}");
    listener.stop().await;

    // Read again as logs of a range, they are the same logs.
    world.rewind().await;
    world.node.mine(100).await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    for (_, terms) in &all {
        assert_eq!(
            world.told(terms.order).await,
            ["requested", "detected", "confirmed"]
        );
    }
    let confirmed = world
        .store()
        .sightings(SightingStatus::Confirmed, 10)
        .await
        .unwrap();
    assert_eq!(confirmed.len(), 4);
    world.ends(listener).await;
}

async fn a_payment_through_another_contract_counts(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let wallet = world
        .node
        .create(bytecode::forwarder(world.escrow.address))
        .await;
    let terms = world.order(3).await;
    world
        .node
        .receipt(world.pay_through(wallet, &terms).await)
        .await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    let payer = world
        .payment(terms.order)
        .await
        .sighting()
        .map(|seen| seen.payer);
    assert_eq!(payer, Some(wallet));
    world.ends(listener).await;
}

async fn money_that_moves_on_is_recorded_after_its_payment(program: Program) {
    let world = World::new(program).await;
    let terms = world.order(3).await;
    world.node.receipt(world.pay(&terms).await).await;
    // The buyer releases a part at once, the seller gives a part back.
    let seller = world.node.account(0).await;
    let (released, refunded) = (terms.amount.0 / U256::from(3), U256::from(7));
    let release = ShopEscrow::releaseCall {
        key: terms.key,
        amount: released,
    };
    let refund = ShopEscrow::refundCall {
        key: terms.key,
        amount: refunded,
    };
    for (by, call) in [
        (world.buyer, release.abi_encode()),
        (seller, refund.abi_encode()),
    ] {
        let sent = world
            .node
            .send(by, Some(world.escrow.address), U256::ZERO, call.into())
            .await;
        world.node.receipt(sent).await;
    }
    // All of it is found at once, by a listener that starts only now.
    let listener = world.follow(1);
    world
        .until_told(
            terms.order,
            &["detected", "confirmed", "released", "refunded"],
        )
        .await;
    let escrow = world.payment(terms.order).await.escrow().unwrap();
    assert_eq!(
        (escrow.released().0, escrow.refunded().0),
        (released, refunded)
    );
    assert_eq!(escrow.held().0, terms.amount.0 - released - refunded);
    world.ends(listener).await;
}

async fn a_payment_that_nobody_asked_for_is_kept_apart(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(2);
    let stray = world.terms_of_nothing(777);
    world.node.receipt(world.pay(&stray).await).await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(2).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;

    let unmatched = world
        .store()
        .sightings(SightingStatus::Unmatched, 10)
        .await
        .unwrap();
    assert_eq!(unmatched.len(), 1);
    assert_eq!(unmatched[0].observation.key, stray.key);
    assert!(
        unmatched[0]
            .reason
            .as_deref()
            .is_some_and(|reason| !reason.is_empty())
    );
    assert_eq!(
        world
            .db
            .number(
                "SELECT count(*) FROM events WHERE aggregate_type = 'Payment' \
        AND event_type <> 'PaymentRequested'"
            )
            .await,
        2
    );
    assert_eq!(listener.now().condition, ChainCondition::Following);
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmatched_payment_that_counts_at_once_keeps_its_reason() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    world
        .node
        .receipt(world.pay(&world.terms_of_nothing(5)).await)
        .await;
    listener.until_at_head().await;
    let unmatched = world
        .store()
        .sightings(SightingStatus::Unmatched, 10)
        .await
        .unwrap();
    let reason = unmatched[0].reason.as_deref().unwrap();
    assert!(reason.contains("requested"), "{reason}");
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_seen_again_does_not_count_again() {
    let world = World::new(Program::Ganache).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.stop().await;

    let events = world.db.number("SELECT count(*) FROM events").await;
    world.rewind().await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    assert_eq!(world.db.number("SELECT count(*) FROM events").await, events);
    assert_eq!(
        world.payment(terms.order).await.escrow().unwrap().funded(),
        terms.amount
    );
    let confirmed = world
        .store()
        .sightings(SightingStatus::Confirmed, 10)
        .await
        .unwrap();
    assert_eq!(confirmed.len(), 1);
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_listeners_credit_a_payment_once() {
    let world = World::new(Program::Anvil).await;
    let listeners = [world.follow(2), world.follow(2), world.follow(2)];
    let mut all = Vec::new();
    let mut sum = U256::ZERO;
    for pieces in 1..=12 {
        let terms = world.order(pieces).await;
        world.pay(&terms).await;
        sum += terms.amount.0;
        all.push(terms);
    }
    world.node.mine(2).await;
    for terms in &all {
        world
            .until_told(terms.order, &["detected", "confirmed"])
            .await;
    }
    // Who was second goes on at once; a listener that halts would stay so for a while.
    let halted = listeners
        .iter()
        .find(|one| one.now().condition == ChainCondition::Halted);
    assert!(halted.is_none());
    for listener in listeners {
        listener.until_at_head().await;
        assert_eq!(listener.now().condition, ChainCondition::Following);
        listener.stop().await;
    }
    for terms in &all {
        assert_eq!(world.told(terms.order).await.len(), 3);
    }
    assert_eq!(world.escrowed().await, sum);
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_confirmations_count_without_a_new_block() {
    let world = World::new(Program::Ganache).await;
    let listener = world.follow(5);
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.until_told(terms.order, &["detected"]).await;
    listener.stop().await;
    assert!(matches!(
        world.payment(terms.order).await.request().unwrap().funding,
        Funding::Detected(_)
    ));
    let listener = world.follow(1);
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    world.ends(listener).await;
}
