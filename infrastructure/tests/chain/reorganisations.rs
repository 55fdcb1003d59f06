//! A chain that takes back what it showed.

use gage_application::ports::chain::{ChainCondition, SightingStatus};
use serde_json::json;

use crate::{node::Program, on_both, world::World};

on_both!(
    a_payment_that_left_the_chain_is_taken_back,
    a_confirmed_payment_is_taken_back_too
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
    listener.stop().await;
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
    listener.stop().await;
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
    listener.stop().await;
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
    listener.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reorganisation_below_all_known_blocks_halts() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    listener.stop().await;
    for table in ["chain_blocks", "chain_cursor"] {
        let other = format!("UPDATE {table} SET block_hash = sha256(block_hash)");
        sqlx::query(&other).execute(&world.db.pool).await.unwrap();
    }
    let before = world.store().cursor().await.unwrap();
    world.node.mine(3).await;
    let listener = world.follow(1);
    listener.until_fares(ChainCondition::Halted).await;
    assert_eq!(world.store().cursor().await.unwrap(), before);
    assert_eq!(listener.now().read_until, None);
    listener.stop().await;
}
