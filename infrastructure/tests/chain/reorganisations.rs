//! A chain that takes back what it showed.

use gage_application::ports::chain::{ChainCondition, SightingStatus};
use gage_domain::value::BaseUnits;
use serde_json::json;

use crate::{node::Program, on_both, world::World};

on_both!(
    a_payment_that_left_the_chain_is_taken_back,
    a_confirmed_payment_is_taken_back_too,
    money_that_moved_on_and_left_the_chain_is_held_again,
    a_payment_whose_money_moved_on_leaves_the_chain_with_it,
);

/// Makes the chain forget what came after `then`, and go on with other, empty blocks.
async fn forget(world: &World, then: &serde_json::Value, new_blocks: u64) {
    let reverted = world.node.ask("evm_revert", json!([then])).await;
    assert_eq!(reverted, true);
    world.node.mine(new_blocks).await;
}

async fn a_payment_that_left_the_chain_is_taken_back(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(4);
    let terms = world.order(2).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.until_told(terms.order, &["detected"]).await;

    forget(&world, &then, 2).await;
    world
        .until_told(terms.order, &["detected", "reverted"])
        .await;
    let reverted = world
        .store()
        .sightings(SightingStatus::Reverted, 10)
        .await
        .unwrap();
    assert_eq!(reverted.len(), 1);

    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(3).await;
    world
        .until_told(
            terms.order,
            &["detected", "reverted", "detected", "confirmed"],
        )
        .await;
    assert_eq!(world.escrowed().await, terms.amount.0);
    world.ends(listener).await;
}

async fn a_confirmed_payment_is_taken_back_too(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let (gone, stays) = (world.order(2).await, world.order(3).await);
    world.node.receipt(world.pay(&stays).await).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.node.receipt(world.pay(&gone).await).await;
    world.node.mine(5).await;
    world
        .until_told(gone.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;

    // A chain that is shorter, for now.
    forget(&world, &then, 1).await;
    world
        .until_told(gone.order, &["detected", "confirmed", "reverted"])
        .await;
    world
        .until_told(stays.order, &["detected", "confirmed"])
        .await;
    assert_eq!(world.payment(gone.order).await.escrow(), None);
    listener.until_at_head().await;
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_were_replaced_are_read_again() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(3);
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(1).await;
    world.until_told(terms.order, &["detected"]).await;
    listener.until_at_head().await;

    // As many blocks as were there, all others, and none with the payment.
    world.node.ask("anvil_reorg", json!([2, []])).await;
    world
        .until_told(terms.order, &["detected", "reverted"])
        .await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(2).await;
    world
        .until_told(
            terms.order,
            &["detected", "reverted", "detected", "confirmed"],
        )
        .await;
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_while_nobody_listened_is_noticed() {
    let world = World::new(Program::Ganache).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.stop().await;

    forget(&world, &then, 90).await;
    let listener = world.follow(1);
    world
        .until_told(terms.order, &["detected", "confirmed", "reverted"])
        .await;
    listener.until_at_head().await;
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_below_all_known_blocks_halts() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let terms = world.order(1).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.node.receipt(world.pay(&terms).await).await;
    // One more than are remembered.
    world.node.mine(300).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;

    let before = world.store().cursor().await.unwrap();
    forget(&world, &then, 310).await;
    let listener = world.follow(1);
    listener.until_fares(ChainCondition::Halted).await;
    assert_eq!(world.store().cursor().await.unwrap(), before);
    assert_eq!(listener.now().read_until, None);
    assert_eq!(world.told(terms.order).await.len(), 3, "nothing is guessed");
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_goes_back_and_forth_credits_once() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(2);
    let terms = world.order(3).await;
    for _ in 0..3 {
        let then = world.node.ask("evm_snapshot", json!([])).await;
        world.node.receipt(world.pay(&terms).await).await;
        world.node.mine(1).await;
        let confirmed = async |world: &World| {
            let told = world.told(terms.order).await;
            told.last() == Some(&"confirmed")
        };
        while !confirmed(&world).await {
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        forget(&world, &then, 3).await;
        while confirmed(&world).await {
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
    }
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(1).await;
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].funded, terms.amount);
    let told = world.told(terms.order).await;
    let credited = told.iter().filter(|event| **event == "confirmed").count();
    let taken_back = told.iter().filter(|event| **event == "reverted").count();
    assert_eq!((credited, taken_back), (4, 3), "{told:?}");
}

/// What moves on after a payment leaves the chain, and comes once more in another block.
async fn money_that_moved_on_and_left_the_chain_is_held_again(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.releases(&terms, 1_500_000).await;
    world.refunds(&terms, 400_000).await;
    let story = ["detected", "confirmed", "released", "refunded"];
    world.until_told(terms.order, &story).await;

    forget(&world, &then, 3).await;
    let back = [&story[..], &["refund reverted", "release reverted"]].concat();
    world.until_told(terms.order, &back).await;
    let escrow = world.payment(terms.order).await.escrow().unwrap();
    assert_eq!(escrow.held(), terms.amount);
    listener.until_at_head().await;
    world.agrees(1).await;

    world.releases(&terms, 1_500_000).await;
    let again = [&back[..], &["released"]].concat();
    world.until_told(terms.order, &again).await;
    let report = world.ends(listener).await;
    assert_eq!(report.tokens[0].released, BaseUnits::from(1_500_000));
}

/// The payment itself goes back after what came after it.
async fn a_payment_whose_money_moved_on_leaves_the_chain_with_it(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    let then = world.node.ask("evm_snapshot", json!([])).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.releases(&terms, 2_000_000).await;
    let story = ["detected", "confirmed", "released"];
    world.until_told(terms.order, &story).await;

    forget(&world, &then, 3).await;
    let back = [&story[..], &["release reverted", "reverted"]].concat();
    world.until_told(terms.order, &back).await;
    assert!(world.is_payable(&terms).await);
    world.node.receipt(world.pay(&terms).await).await;
    let again = [&back[..], &["detected", "confirmed"]].concat();
    world.until_told(terms.order, &again).await;
    world.ends(listener).await;
}
