//! A node whose answers are spoiled: nothing is settled on them, and everything once they are
//! whole.

use gage_application::ports::chain::ChainCondition;
use gage_domain::payment::Terms;

use crate::{
    node::Program,
    on_both,
    proxy::{Fault, Proxy},
    world::{Following, World},
};

on_both!(
    blocks_that_come_twice_or_not_at_all_are_asked_for_again,
    logs_that_come_twice_and_backwards_count_once,
    half_of_a_blocks_logs_are_not_taken_for_all,
    a_node_that_refuses_all_logs_is_read_by_receipts,
    a_node_that_changes_to_another_chain_halts,
);

const CONFIRMED: [&str; 2] = ["detected", "confirmed"];

/// Four payments in one block, long ago.
async fn paid_in_one_block(world: &World) -> Vec<Terms> {
    world.node.mine_at_once(false).await;
    let mut all = Vec::new();
    for pieces in 1..=4 {
        let terms = world.order(pieces).await;
        world.pay(&terms).await;
        all.push(terms);
    }
    world.node.mine(1).await;
    world.node.mine_at_once(true).await;
    world.node.mine(100).await;
    all
}

async fn all_are_confirmed(world: &World, all: &[Terms], listener: Following) {
    for terms in all {
        world.until_told(terms.order, &CONFIRMED).await;
    }
    let report = world.ends(listener).await;
    assert_eq!(report.unmatched.count, 0);
    assert_eq!(report.logs, u64::try_from(all.len()).unwrap());
}

/// How far the chain is settled.
async fn settled(world: &World) -> u64 {
    let cursor = world.store().cursor().await.unwrap();
    cursor.unwrap().block.number
}

async fn blocks_that_come_twice_or_not_at_all_are_asked_for_again(program: Program) {
    let world = World::new(program).await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    listener.stop().await;
    let begun = settled(&world).await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    for (blocks, fault) in [
        (3, Fault::RepeatsBlocks),
        (3, Fault::Skips(begun + 1)),
        (100, Fault::RepeatsBlocks),
        (100, Fault::Skips(begun + 1)),
    ] {
        world.node.mine(blocks).await;
        let proxy = Proxy::start(world.node.port(), fault).await;
        let listener = world.follow_over(proxy.client(), world.settings(1));
        let asked = proxy.asked();
        listener
            .until("asked again", |_| proxy.asked() > asked + 20)
            .await;
        assert!(settled(&world).await <= begun + 1, "{fault:?}");
        assert_eq!(listener.now().read_until, None, "{fault:?}");
        listener.stop().await;
    }
    let proxy = Proxy::start(world.node.port(), Fault::Skips(begun + 1)).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    proxy.becomes(Fault::Sound);
    all_are_confirmed(&world, &[terms], listener).await;
}

async fn logs_that_come_twice_and_backwards_count_once(program: Program) {
    let world = World::new(program).await;
    let all = paid_in_one_block(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::LogsTwiceBackwards).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    all_are_confirmed(&world, &all, listener).await;
    assert!(proxy.asked_for_logs() > 0);
}

async fn half_of_a_blocks_logs_are_not_taken_for_all(program: Program) {
    let world = World::new(program).await;
    let all = paid_in_one_block(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::HalfTheLogs).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    all_are_confirmed(&world, &all, listener).await;
    assert!(proxy.asked_for_logs() > 0);
}

async fn a_node_that_refuses_all_logs_is_read_by_receipts(program: Program) {
    let world = World::new(program).await;
    let all = paid_in_one_block(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::RefusesLogs).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    all_are_confirmed(&world, &all, listener).await;
    assert!(proxy.asked_for_logs() > 0);
}

async fn a_node_that_changes_to_another_chain_halts(program: Program) {
    let world = World::new(program).await;
    let proxy = Proxy::start(world.node.port(), Fault::Sound).await;
    for fault in [Fault::OtherChain, Fault::OtherGenesis] {
        proxy.becomes(Fault::Sound);
        let listener = world.follow_over(proxy.client(), world.settings(1));
        listener.until_at_head().await;
        listener.stop().await;
        let begun = settled(&world).await;
        proxy.becomes(fault);
        world.node.mine(2).await;
        let listener = world.follow_over(proxy.client(), world.settings(1));
        listener.until_fares(ChainCondition::Halted).await;
        assert_eq!(settled(&world).await, begun, "{fault:?}");
        listener.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_bounds_ranges_with_an_http_status_is_read_in_shorter_ones() {
    let world = World::new(Program::Anvil).await;
    let all = paid_in_one_block(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::RangeIsBad(10)).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    all_are_confirmed(&world, &all, listener).await;
    assert!(proxy.asked_for_logs() > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_limits_us_or_answers_garbage_is_waited_for() {
    let world = World::new(Program::Anvil).await;
    for fault in [
        Fault::TooManyRequests,
        Fault::Limits,
        Fault::Page,
        Fault::Nonsense,
        Fault::Cut,
        Fault::RefusesAll,
        Fault::RefusesCalls,
        Fault::Silent,
    ] {
        let proxy = Proxy::start(world.node.port(), fault).await;
        let listener = world.follow_over(proxy.client(), world.settings(1));
        let terms = world.order(1).await;
        world.node.receipt(world.pay(&terms).await).await;
        listener.until_fares(ChainCondition::Unreachable).await;
        assert_eq!(listener.now().read_until, None, "{fault:?}");
        assert_eq!(world.told(terms.order).await, ["requested"], "{fault:?}");
        proxy.becomes(Fault::Sound);
        world.until_told(terms.order, &CONFIRMED).await;
        world.ends(listener).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lags_takes_nothing_back() {
    let world = World::new(Program::Anvil).await;
    let proxy = Proxy::start(world.node.port(), Fault::Sound).await;
    let terms = world.order(1).await;
    let before = world.node.height().await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(10).await;
    let listener = world.follow_over(proxy.client(), world.settings(1));
    world.until_told(terms.order, &CONFIRMED).await;
    listener.until_at_head().await;

    proxy.becomes(Fault::Lags(before));
    listener
        .until("behind", |now| now.head.unwrap().number == before)
        .await;
    let read_until = listener.now().read_until;
    let asked = proxy.asked();
    listener
        .until("asked again", |_| proxy.asked() > asked + 10)
        .await;
    assert_eq!(listener.now().read_until, read_until, "it is not the head");
    assert_eq!(world.told(terms.order).await[1..], CONFIRMED);
    proxy.becomes(Fault::Sound);
    world.ends(listener).await;
}
