//! The tree has every event once, in log order, and proves each.

use std::sync::Arc;

use futures::{TryStreamExt, future::join_all};
use gage_application::{
    ports::{
        event_log::EventLog,
        history_tree::{Grown, HistoryTree, TreeError},
        replay::Stored,
    },
    position::LogPosition,
};
use gage_domain::proof::{ProofError, check_consistency, check_inclusion, leaf_hash};
use gage_infrastructure::{
    clock::SystemEntropy,
    postgres::{PostgresStored, PostgresTree},
};
use sqlx::PgPool;

use crate::{
    support::{append, events, read_all, stream},
    world::World,
};

#[tokio::test]
async fn an_empty_log_has_the_root_of_nothing() {
    let world = World::new().await;
    let kept = world.tree().kept().await.expect("a tree");
    assert_eq!(kept.head.size, 0);
    assert_eq!(kept.head.root, gage_domain::proof::empty_root());
    assert_eq!(kept.position, LogPosition::START);
    assert!(world.check().await.agrees());
}

#[tokio::test]
async fn every_event_is_a_leaf_at_its_place_in_the_log_and_is_proven() {
    let world = World::new().await;
    // More than two tiles, in stretches that end within tiles.
    let mut heads = Vec::new();
    for (order, count) in [("a", 1), ("b", 300), ("c", 5), ("d", 250)] {
        world.appends(order, 0, count).await;
        let before = heads
            .last()
            .map_or(0, |head: &gage_domain::proof::TreeHead| head.size);
        heads.push(world.grows_to(before + count).await.head);
    }
    let head = *heads.last().expect("a head");
    assert_eq!(head.size, 556);
    let tree = world.tree();
    let log = read_all(&world.db.log(), 556).await;
    let positions: Vec<_> = log.iter().map(|event| event.position).collect();
    let leaves = tree.leaves_of(&positions).await.expect("leaves");
    let stored = PostgresStored::now(&world.db.pool).await.expect("a log");
    let printed: Vec<_> = stored.events().try_concat().await.expect("events");
    for (index, (leaf, event)) in (0..).zip(leaves.iter().zip(&printed)) {
        let leaf = leaf.expect("every event is a leaf");
        assert_eq!((leaf.index, leaf.position), (index, event.position));
        let hash = leaf_hash(&event.leaf(), &leaf.salt);
        let proofs = tree.inclusions(head.size, &[index]).await;
        let proof = &proofs.expect("a proof")[0];
        assert_eq!(check_inclusion(&head, index, hash, proof), Ok(()));
    }
    for old in &heads {
        let proof = tree
            .consistency(old.size, head.size)
            .await
            .expect("a proof");
        assert_eq!(check_consistency(old, &head, &proof), Ok(()));
    }
    let report = world.check().await;
    assert!(report.agrees() && report.head == head, "{report:?}");
}

/// How often rows of tiles were looked for.
async fn looks_at_tiles(pool: &PgPool) -> i64 {
    let mut db = pool.acquire().await.expect("connects");
    sqlx::query("SELECT pg_stat_force_next_flush()")
        .execute(&mut *db)
        .await
        .expect("flushes");
    sqlx::query_scalar(
        "SELECT seq_scan + idx_scan FROM pg_stat_user_tables WHERE relname = 'tree_tiles'",
    )
    .fetch_one(&mut *db)
    .await
    .expect("counts")
}

#[tokio::test]
async fn proofs_of_many_events_read_what_they_share_once() {
    let world = World::new().await;
    world.appends("a", 0, 300).await;
    let head = world.grows_to(300).await.head;
    // One connection, which tells its own statistics.
    let pool = world.db.pool_of(1).await;
    let tree = PostgresTree::new(pool.clone(), Arc::new(SystemEntropy));
    let indexes: Vec<u64> = (0..100).collect();
    let leaves = tree.leaves_from(0, 100).await.expect("leaves");
    let before = looks_at_tiles(&pool).await;
    let proofs = tree.inclusions(head.size, &indexes).await.expect("proofs");
    let looks = looks_at_tiles(&pool).await - before;
    assert!(looks <= 4, "three tiles and no more: {looks}");
    for (leaf, proof) in leaves.iter().zip(&proofs) {
        assert_eq!(check_inclusion(&head, leaf.index, leaf.hash, proof), Ok(()));
    }
    pool.close().await;
}

#[tokio::test]
async fn two_events_alike_are_two_leaves() {
    let world = World::new().await;
    world.appends("a", 0, 2).await;
    world.grows_to(2).await;
    let leaves = world.tree().leaves_from(0, 10).await.expect("leaves");
    assert_ne!(leaves[0].salt, leaves[1].salt, "each has a salt of its own");
    assert_ne!(leaves[0].hash, leaves[1].hash);
}

#[tokio::test]
async fn streams_are_found_and_what_is_not_in_the_tree_is_not_proven() {
    let world = World::new().await;
    world.appends("a", 0, 3).await;
    world.grows_to(3).await;
    world.appends("a", 3, 1).await;
    let tree = world.tree();
    let order = stream("Order", "a");
    let events = tree
        .events_of(std::slice::from_ref(&order))
        .await
        .expect("events");
    assert_eq!(
        events
            .iter()
            .map(|event| event.sequence)
            .collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    let positions: Vec<_> = events.iter().map(|event| event.position).collect();
    let leaves = tree.leaves_of(&positions).await.expect("leaves");
    let indexes: Vec<_> = leaves
        .iter()
        .map(|leaf| leaf.map(|leaf| leaf.index))
        .collect();
    assert_eq!(indexes, [Some(0), Some(1), Some(2), None]);
    let none = tree
        .events_of(&[stream("Order", "b")])
        .await
        .expect("events");
    assert_eq!(none, []);
    assert_eq!(
        tree.inclusions(3, &[2, 3]).await,
        Err(TreeError::Proof(ProofError::NoSuchLeaf {
            size: 3,
            index: 3
        }))
    );
    assert_eq!(
        tree.inclusions(4, &[2]).await,
        Err(TreeError::Proof(ProofError::Incomplete))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_replicas_exactly_one_adds_a_stretch() {
    let world = World::new().await;
    let mut from = LogPosition::START;
    for round in 0..4_u64 {
        world.appends(&round.to_string(), 0, 100).await;
        let count = usize::try_from((round + 1) * 100).expect("few");
        let to = read_all(&world.db.log(), count).await[count - 1].position;
        let race = (0..8).map(|_| {
            let tree = PostgresTree::new(world.db.pool.clone(), Arc::new(SystemEntropy));
            tokio::spawn(async move { tree.grow(from, to).await })
        });
        let grown = join_all(race)
            .await
            .into_iter()
            .map(|one| one.expect("runs").expect("asks"));
        assert_eq!(grown.filter(|grown| *grown == Grown::Added).count(), 1);
        from = to;
    }
    let report = world.check().await;
    assert!(report.agrees() && report.head.size == 400, "{report:?}");
}

#[tokio::test]
async fn an_append_over_many_streams_is_many_leaves_in_its_order() {
    let world = World::new().await;
    let orders = (0..40).map(|number| events(&stream("Order", &format!("{number:02}")), 0, 2));
    world
        .db
        .log()
        .append(&append(orders.collect()))
        .await
        .expect("appends");
    world.grows_to(80).await;
    assert!(world.check().await.agrees());
}

#[tokio::test]
async fn nodes_that_somebody_edited_are_not_built_upon() {
    let world = World::new().await;
    world.appends("a", 0, 3).await;
    let kept = world.grows_to(3).await;
    let edit = "UPDATE tree_tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)";
    sqlx::query(edit)
        .execute(&world.db.pool)
        .await
        .expect("edits");
    world.appends("a", 3, 1).await;
    let to = read_all(&world.db.log(), 4).await[3].position;
    let grown = world.tree().grow(kept.position, to).await;
    assert!(matches!(grown, Err(TreeError::Damaged { .. })), "{grown:?}");
}
