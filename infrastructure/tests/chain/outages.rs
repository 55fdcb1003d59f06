//! The node goes away and comes back.

use gage_application::ports::{chain::ChainCondition, clock::Clock};
use gage_infrastructure::clock::SystemClock;

use crate::{node::Program, on_both, world::World};

on_both!(a_node_that_was_away_is_followed_on);

async fn a_node_that_was_away_is_followed_on(program: Program) {
    let mut world = World::new(program).await;
    let listener = world.follow(1);
    let before = world.order(1).await;
    world.node.receipt(world.pay(&before).await).await;
    world
        .until_told(before.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;

    world.node.stop().await;
    listener.until_fares(ChainCondition::Unreachable).await;
    // What was read stays what it was: no order may expire on a guess.
    let read_until = listener.now().read_until;
    assert!(read_until < Some(SystemClock.now()));
    let during = world.order(2).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(listener.now().read_until, read_until);

    world.node.resume().await;
    world.node.receipt(world.pay(&during).await).await;
    world
        .until_told(during.order, &["detected", "confirmed"])
        .await;
    assert_eq!(world.told(before.order).await.len(), 3);
    listener.until_fares(ChainCondition::Following).await;
    listener.until_at_head().await;
    world.ends(listener).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_at_the_start_is_waited_for() {
    let mut world = World::new(Program::Anvil).await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.stop().await;
    let listener = world.follow(1);
    assert_eq!(listener.now().condition, ChainCondition::Starting);
    listener.until_fares(ChainCondition::Unreachable).await;
    assert_eq!(listener.now().read_until, None);
    world.node.resume().await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    world.ends(listener).await;
}
