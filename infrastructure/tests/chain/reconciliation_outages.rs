//! Nothing is compared with a chain that is not there, and nothing that is not there is a
//! difference.

use std::time::Duration;

use alloy::primitives::B256;
use gage_application::{
    ports::{
        chain::{BlockRef, SightingStatus},
        chain_record::ChainRecord,
    },
    reconciliation::ReconcileError,
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    node::Program,
    proxy::{Fault, Proxy},
    reconciliation::told,
    world::World,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_away_lags_or_has_no_index_is_no_difference() {
    let mut world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    world.releases(&terms, 5).await;
    world
        .until_told(terms.order, &["detected", "confirmed", "released"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;

    // An index of logs may be empty: the blocks have them.
    let proxy = Proxy::start(world.node.port(), Fault::NoLogs).await;
    let reconciliation = world.reconciliation_over(proxy.client(), 1);
    let report = reconciliation.run(&|_| {}).await.unwrap();
    assert_eq!(told(&report), [""; 0]);
    // Ranges get shorter until the node answers.
    world.node.mine(40).await;
    let listener = world.follow(1);
    listener.until_at_head().await;
    listener.stop().await;
    let proxy = Proxy::start(world.node.port(), Fault::RangeAtMost(7)).await;
    let reconciliation = world.reconciliation_over(proxy.client(), 1);
    assert!(reconciliation.run(&|_| {}).await.unwrap().agrees());
    assert!(proxy.asked_for_logs() >= 40 / 7);

    for fault in [Fault::Behind(1), Fault::Limits] {
        let proxy = Proxy::start(world.node.port(), fault).await;
        let reconciliation = world.reconciliation_over(proxy.client(), 1);
        let away = reconciliation.run(&|_| {}).await;
        assert!(matches!(away, Err(ReconcileError::Escrow(_))), "{away:?}");
    }
    let reconciliation = world.reconciliation(1);
    world.node.stop().await;
    let away = reconciliation.run(&|_| {}).await;
    assert!(matches!(away, Err(ReconcileError::Escrow(_))), "{away:?}");
    world.node.resume().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_never_followed_is_no_difference() {
    let world = World::new(Program::Anvil).await;
    let never = world.reconciliation(1).run(&|_| {}).await;
    assert!(
        matches!(never, Err(ReconcileError::NotFollowed)),
        "{never:?}"
    );
    // Followed, and no block is deep enough yet.
    let listener = world.follow(100);
    listener.until_at_head().await;
    listener.stop().await;
    let report = world.reconciled(100).await;
    assert_eq!((report.block, report.agrees()), (None, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_readers_may_not_see_yet_are_waited_for() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let terms = world.order(2).await;
    listener.until_at_head().await;
    // A transaction that is older than what comes, and stays open.
    let mut open = world.db.pool.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()")
        .execute(&mut *open)
        .await
        .unwrap();
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;
    let reconciliation = world.reconciliation(1);
    let run = tokio::spawn(async move { reconciliation.run(&|_| {}).await });
    sleep(Duration::from_secs(1)).await;
    assert!(!run.is_finished(), "it would miss the payment");
    open.rollback().await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert_eq!(told(&report), [""; 0]);
    assert_eq!(report.tokens[0].funded, terms.amount);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_leaves_the_chain_voids_what_was_said_of_it() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    let then = world.node.ask("evm_snapshot", json!([])).await;
    let terms = world.order(2).await;
    world.node.receipt(world.pay(&terms).await).await;
    world
        .until_told(terms.order, &["detected", "confirmed"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;
    let settled = world.store().cursor().await.unwrap().unwrap().block;
    let view = world.reconciliation(1).escrow;
    let block = view.confirmed(settled).await.unwrap().unwrap();
    assert_eq!(block, settled);
    assert_eq!(view.check_stands(block).await, Ok(()));

    world.node.ask("evm_revert", json!([then])).await;
    world.node.mine(3).await;
    assert!(view.check_stands(block).await.is_err());
    assert!(view.confirmed(settled).await.is_err());
    let void = world.reconciliation(1).run(&|_| {}).await;
    assert!(matches!(void, Err(ReconcileError::Escrow(_))), "{void:?}");
    // Once the listener has taken it back, the two agree again.
    let listener = world.follow(1);
    world
        .until_told(terms.order, &["detected", "confirmed", "reverted"])
        .await;
    listener.until_at_head().await;
    listener.stop().await;
    assert_eq!(told(&world.reconciled(1).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unmatched_sightings_come_page_by_page_from_an_index() {
    let world = World::new(Program::Anvil).await;
    let listener = world.follow(1);
    for amount in 1..=5 {
        let stray = world.terms_of_nothing(amount);
        world.node.receipt(world.pay(&stray).await).await;
    }
    listener.until_at_head().await;
    listener.stop().await;
    let store = world.store();
    let all = store
        .sightings_after(SightingStatus::Unmatched, None, 100)
        .await
        .unwrap();
    assert_eq!(all.len(), 5);
    let mut paged = Vec::new();
    loop {
        let page = store
            .sightings_after(SightingStatus::Unmatched, paged.last(), 2)
            .await
            .unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert!(
        all.iter()
            .all(|sighting| sighting.status == SightingStatus::Unmatched)
    );
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT observation, status, reason FROM chain_sightings \
         WHERE chain_id = 1337 AND escrow = '\\x00' AND status = 'unmatched' \
         AND (block_number, log_index, block_hash) > (-1, -1, '') \
         ORDER BY block_number, log_index, block_hash LIMIT 500",
    )
    .fetch_all(&world.db.pool)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("chain_sightings_unmatched"), "{plan}");
    let nowhere = BlockRef {
        number: 1,
        hash: B256::ZERO,
    };
    let view = world.reconciliation(1).escrow;
    assert_eq!(view.logs_in(nowhere).await.unwrap(), []);
}
