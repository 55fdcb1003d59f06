//! Connections that are lost during the commit, and mistakes: nothing is guessed.

use gage_application::{gateway::GatewayError, ports::event_log::LogError};

use super::{
    faulty_log::{Fault, FaultyLog},
    support::{BUYER, World, keyed, shelf},
};

#[tokio::test]
async fn a_commit_that_arrived_is_answered_by_its_key() {
    let world = World::new().await;
    let log = FaultyLog::new(world.log());
    let gateway = world.replica_on(log.clone());
    let shelf = shelf(&gateway, 5).await;
    log.fail(&[Fault::LostAfter]);
    let order = shelf.order(2);
    let committed = gateway
        .execute(order.clone(), keyed(BUYER, "1"))
        .await
        .unwrap();
    assert_eq!(committed.output, order.order);
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_an_error_and_can_be_repeated() {
    let world = World::new().await;
    let log = FaultyLog::new(world.log());
    let gateway = world.replica_on(log.clone());
    let shelf = shelf(&gateway, 5).await;
    for fault in [Fault::LostBefore, Fault::Away, Fault::Panic] {
        log.fail(&[fault]);
        let order = shelf.order(2);
        let name = format!("{fault:?}");
        let error = gateway
            .execute(order.clone(), keyed(BUYER, &name))
            .await
            .unwrap_err();
        assert!(
            matches!(error, GatewayError::Log(LogError::Unavailable { .. })),
            "{fault:?}: {error}"
        );
        // What was decided and not written is forgotten: two of five were not reserved.
        assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 0);
        let all = gateway.execute(shelf.order(5), keyed(BUYER, &format!("{name} all")));
        let all = all.await.unwrap().output;
        let cancel = gage_application::operations::cancel_order::CancelOrder {
            order: all,
            by: BUYER,
        };
        let cancelled = gateway.execute(cancel, keyed(BUYER, &format!("{name} cancel")));
        cancelled.await.unwrap();
    }
    world.end().await;
}

/// A backup is put back while the server is down: the gateway remembers more than the log has.
#[tokio::test]
async fn after_a_restart_nothing_is_decided_on_what_was_remembered() {
    let world = World::new().await;
    let log = FaultyLog::new(world.log());
    let gateway = world.replica_on(log.clone());
    let shelf = shelf(&gateway, 5).await;
    gateway
        .execute(shelf.order(4), keyed(BUYER, "lost with the backup"))
        .await
        .unwrap();
    sqlx::raw_sql(
        "BEGIN; ALTER TABLE events DISABLE TRIGGER events_append_only;
         DELETE FROM events WHERE xact_id = (SELECT max(xact_id) FROM events);
         ALTER TABLE events ENABLE TRIGGER events_append_only; COMMIT",
    )
    .execute(&world.pool)
    .await
    .unwrap();
    log.restart();
    // Of the five pieces that the log has, four are gone in memory.
    gateway
        .execute(shelf.order(3), keyed(BUYER, "after it"))
        .await
        .unwrap();
    // Loading fails where a stream has a gap.
    assert_eq!(world.inventory(shelf.product).await.stock().reserved(), 3);
    world.end().await;
}
