//! Checkpoints are signed as the tree grows, and a tree that did not grow is not signed.

use std::{sync::Arc, time::Duration};

use gage_application::{
    ports::history_tree::{HistoryTree, IssuedCheckpoints},
    tree::{IssuerStatus, Issuing, NotIssued},
};
use tokio_util::sync::CancellationToken;

use crate::world::{World, key};

#[tokio::test]
async fn a_checkpoint_says_what_the_tree_is_and_all_are_kept() {
    let world = World::new().await;
    assert_eq!(world.issuer().issue(None).await.expect("asks"), None);
    let mut sizes = Vec::new();
    for order in ["a", "b"] {
        world.appends(order, 0, 3).await;
        let kept = world.grows_to(sizes.last().copied().unwrap_or(0) + 3).await;
        sizes.push(world.signs().await);
        assert_eq!(
            world.signs().await,
            kept.head.size,
            "nothing new, nothing signed"
        );
        let latest = world.issued().latest().await.expect("asks");
        let latest = latest.expect("a checkpoint");
        assert_eq!(key().verifier().open(&latest.signed.note), Ok(kept.head));
        assert_eq!(latest.key, key().verifier().to_string());
    }
    let all = world.issued().after(0, 10).await.expect("asks");
    let all: Vec<_> = all.iter().map(|one| one.signed.head.size).collect();
    assert_eq!(all, sizes);
    assert!(world.issued().of_size(3).await.expect("asks").is_some());
    assert!(world.issued().of_size(4).await.expect("asks").is_none());
    assert!(
        world
            .issued()
            .of_size(u64::MAX)
            .await
            .expect("asks")
            .is_none()
    );
}

#[tokio::test]
async fn a_history_that_was_rewritten_with_all_its_nodes_is_not_signed() {
    let world = World::new().await;
    world.appends("a", 0, 5).await;
    world.grows_to(5).await;
    world.signs().await;
    world
        .administrator(
            "UPDATE events SET payload = '{}' WHERE sequence = 2;
             DELETE FROM tree_leaves; DELETE FROM tree_tiles;
             UPDATE tree_head SET size = 0, root = sha256(''), xact_id = 0, position = 0",
        )
        .await;
    // Shorter than what was signed …
    let refused = world.issuer().issue(None).await;
    assert!(
        matches!(refused, Err(NotIssued::Forked { .. })),
        "{refused:?}"
    );
    // … as long …
    world.grows_to(5).await;
    let refused = world.issuer().issue(None).await;
    assert!(
        matches!(refused, Err(NotIssued::Forked { .. })),
        "{refused:?}"
    );
    // … and longer.
    world.appends("b", 0, 5).await;
    world.grows_to(10).await;
    let refused = world.issuer().issue(None).await;
    assert!(
        matches!(refused, Err(NotIssued::Forked { .. })),
        "{refused:?}"
    );
    assert_eq!(world.issued().after(5, 10).await.expect("asks"), []);
}

#[tokio::test]
async fn a_running_server_remembers_what_it_signed_when_the_checkpoints_are_deleted() {
    let world = World::new().await;
    world.appends("a", 0, 5).await;
    world.grows_to(5).await;
    let newest = world.issuer().issue(None).await.expect("issues");
    world
        .administrator(
            "DELETE FROM tree_checkpoints; DELETE FROM tree_leaves; DELETE FROM tree_tiles;
             UPDATE tree_head SET size = 0, root = sha256(''), xact_id = 0, position = 0",
        )
        .await;
    world.grows_to(5).await;
    let refused = world.issuer().issue(newest).await;
    assert!(
        matches!(refused, Err(NotIssued::Forked { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_checkpoint_that_somebody_edited_stops_the_signing() {
    let world = World::new().await;
    world.appends("a", 0, 5).await;
    world.grows_to(5).await;
    world.signs().await;
    for edit in [
        "UPDATE tree_checkpoints SET root = sha256('x')",
        "UPDATE tree_checkpoints SET note = replace(note, E'\\n5\\n', E'\\n4\\n')",
    ] {
        world.administrator(edit).await;
        let refused = world.issuer().issue(None).await;
        assert!(
            matches!(refused, Err(NotIssued::Edited { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn several_servers_sign_one_checkpoint_a_size_and_stop_when_they_are_told() {
    let world = World::new().await;
    world.appends("a", 0, 5).await;
    let kept = world.grows_to(5).await;
    let stop = CancellationToken::new();
    let status = IssuerStatus::default();
    let servers: Vec<_> = (0..3)
        .map(|_| {
            let mut issuer = world.issuer();
            issuer.interval = Duration::from_millis(10);
            issuer.status = status.clone();
            tokio::spawn(issuer.run(stop.clone()))
        })
        .collect();
    while status.get() != Issuing::UpTo(5) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    for server in servers {
        server.await.expect("ends");
    }
    let tree: Arc<dyn HistoryTree> = Arc::new(world.tree());
    assert_eq!(tree.kept().await.expect("a tree"), kept);
    assert_eq!(world.issued().after(0, 10).await.expect("asks").len(), 1);
}
