//! What was missed is read in ranges, and no node may leave anything out.

use gage_application::ports::chain::ChainCondition;
use gage_domain::payment::Terms;
use gage_infrastructure::chain::ListenerSettings;

use crate::{
    node::Program,
    on_both,
    proxy::{Fault, Proxy},
    world::World,
};

on_both!(
    payments_made_while_nobody_listened_are_found,
    a_node_that_bounds_ranges_is_read_in_shorter_ones,
    logs_that_the_node_leaves_out_are_found_in_receipts,
    receipts_that_are_not_there_yet_are_waited_for,
);

/// Three payments, so far back that ranges of logs are read and not single blocks.
async fn paid_long_ago(world: &World) -> Vec<Terms> {
    let mut all = Vec::new();
    for pieces in 1..=3 {
        let terms = world.order(pieces).await;
        world.node.receipt(world.pay(&terms).await).await;
        world.node.mine(60).await;
        all.push(terms);
    }
    all
}

async fn payments_made_while_nobody_listened_are_found(program: Program) {
    let world = World::new(program).await;
    let all = paid_long_ago(&world).await;
    let listener = world.follow(2);
    for terms in &all {
        world
            .until_told(terms.order, &["detected", "confirmed"])
            .await;
    }
    listener.until_at_head().await;
    assert_eq!(listener.now().lag_blocks, 0);

    // And again while it is down.
    listener.stop().await;
    let terms = world.order(4).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.node.mine(100).await;
    let listener = world.follow(2);
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    world.ends(listener).await;
}

async fn a_node_that_bounds_ranges_is_read_in_shorter_ones(program: Program) {
    let world = World::new(program).await;
    let all = paid_long_ago(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::RangeAtMost(10)).await;
    let listener = world.follow_over(proxy.client(), world.settings(2));
    let found = async {
        for terms in &all {
            world
                .until_told(terms.order, &["detected", "confirmed"])
                .await;
        }
    };
    tokio::select! {
        () = found => {}
        () = listener.until_fares(ChainCondition::Unreachable) => panic!("it is no outage"),
    }
    listener.until_at_head().await;
    assert!(
        proxy.asked_for_logs() > 10,
        "{} questions",
        proxy.asked_for_logs()
    );
    world.ends(listener).await;
}

async fn logs_that_the_node_leaves_out_are_found_in_receipts(program: Program) {
    let world = World::new(program).await;
    let all = paid_long_ago(&world).await;
    let proxy = Proxy::start(world.node.port(), Fault::NoLogs).await;
    let listener = world.follow_over(proxy.client(), world.settings(2));
    for terms in &all {
        world
            .until_told(terms.order, &["detected", "confirmed"])
            .await;
    }
    assert!(proxy.asked_for_logs() > 0);
    world.ends(listener).await;
}

async fn receipts_that_are_not_there_yet_are_waited_for(program: Program) {
    let world = World::new(program).await;
    let proxy = Proxy::start(world.node.port(), Fault::NoReceipts).await;
    // The blocks so far hold the contract's creation, whose receipt is missing as well.
    let start_block = world.node.height().await + 1;
    let settings = ListenerSettings {
        start_block,
        ..world.settings(1)
    };
    let listener = world.follow_over(proxy.client(), settings);
    listener.until_at_head().await;
    let terms = world.order(1).await;
    world.node.receipt(world.pay(&terms).await).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let at = world.store().cursor().await.unwrap().unwrap().block.number;
    assert!(
        at < world.node.height().await,
        "the block is not passed without its receipts"
    );
    listener.stop().await;

    let listener = world.follow(1);
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    world.ends(listener).await;
}
