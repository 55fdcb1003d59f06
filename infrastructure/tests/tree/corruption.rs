//! Whatever an administrator of the database changes behind the server's back is found, and named.

use gage_application::{ports::history_tree::HistoryTree, tree::check::TreeFinding};
use gage_domain::proof::{check_inclusion, leaf_hash};

use crate::world::World;

/// A log of 600 events with three checkpoints, of 200, 400 and 600.
async fn signed_log() -> World {
    let world = World::new().await;
    for (order, leaves) in [("a", 200), ("b", 400), ("c", 600)] {
        world.appends(order, 0, 200).await;
        world.grows_to(leaves).await;
        assert_eq!(world.signs().await, leaves);
    }
    assert!(world.check().await.agrees());
    world
}

/// The 600 leaves have one tile above theirs.
const OTHER_NODES: TreeFinding = TreeFinding::OtherNodes {
    level: 1,
    number: 0,
};

fn changed(order: &str, sequence: u64, index: u64) -> TreeFinding {
    TreeFinding::Changed {
        event: format!("Order:{order} #{sequence} Happened"),
        index,
    }
}

#[tokio::test]
async fn one_byte_of_one_payload_is_found_and_the_event_is_named() {
    let world = signed_log().await;
    world
        .administrator(
            "UPDATE events SET payload = replace(payload::text, '77', '78')::jsonb
              WHERE aggregate_id = 'b' AND sequence = 77",
        )
        .await;
    assert_eq!(world.found().await, [changed("b", 77, 276)]);
    // The proof of the event fails as well.
    let tree = world.tree();
    let events = tree
        .events_of(&[crate::support::stream("Order", "b")])
        .await
        .expect("events");
    let leaf = tree
        .leaves_of(&[events[76].position])
        .await
        .expect("leaves")[0];
    let leaf = leaf.expect("a leaf");
    let head = tree.kept().await.expect("a tree").head;
    let proofs = tree.inclusions(head.size, &[leaf.index]).await;
    let proof = &proofs.expect("a proof")[0];
    let hash = leaf_hash(&events[76].leaf(), &leaf.salt);
    assert!(check_inclusion(&head, leaf.index, hash, proof).is_err());
    assert!(check_inclusion(&head, leaf.index, leaf.hash, proof).is_ok());
}

#[tokio::test]
async fn every_column_of_an_event_is_committed_to() {
    let world = signed_log().await;
    let edits = [
        ("event_type", "'Happende'"),
        ("event_version", "'1.0.1'"),
        ("recorded_at", "recorded_at - interval '1 microsecond'"),
        ("metadata", r#"metadata || '{"actor": "system:other"}'"#),
        ("metadata", r#"metadata || '{"causation_id": "x"}'"#),
        ("payload", r#"payload || '{"more": null}'"#),
        ("aggregate_type", "'Payment'"),
    ];
    for (number, (column, value)) in (1_u64..).zip(edits) {
        let edit = format!(
            "UPDATE events SET {column} = {value} WHERE aggregate_id = 'a' AND sequence = {number}"
        );
        world.administrator(&edit).await;
    }
    let found = world.found().await;
    let indexes: Vec<_> = found
        .iter()
        .map(|finding| match finding {
            TreeFinding::Changed { index, .. } => *index,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_removed_event_is_named_by_its_place() {
    let world = signed_log().await;
    world
        .administrator("DELETE FROM events WHERE aggregate_id = 'b' AND sequence = 5")
        .await;
    let found = world.found().await;
    assert!(
        matches!(found[..], [TreeFinding::Removed { index: 204, .. }]),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_event_that_is_put_between_others_is_named() {
    let world = signed_log().await;
    world
        .administrator(
            "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
                                 payload, metadata, position, xact_id) OVERRIDING SYSTEM VALUE
             SELECT aggregate_type, 'smuggled', 1, event_type, event_version, payload, metadata,
                    1000000, xact_id
               FROM events WHERE aggregate_id = 'b' AND sequence = 1",
        )
        .await;
    let found = world.found().await;
    assert!(
        matches!(&found[..], [TreeFinding::Inserted { event, .. }] if event.contains("smuggled")),
        "{found:?}"
    );
}

#[tokio::test]
async fn two_events_that_changed_places_are_named() {
    let world = signed_log().await;
    world
        .administrator(
            "ALTER TABLE events ALTER position DROP IDENTITY;
             CREATE TEMPORARY TABLE places AS
                SELECT sequence, xact_id, position FROM events WHERE aggregate_id = 'c' AND sequence IN (7, 8);
             UPDATE events SET position = -1 WHERE aggregate_id = 'c' AND sequence = 8;
             UPDATE events SET position = (SELECT position FROM places WHERE sequence = 8)
              WHERE aggregate_id = 'c' AND sequence = 7;
             UPDATE events SET position = (SELECT position FROM places WHERE sequence = 7)
              WHERE aggregate_id = 'c' AND sequence = 8",
        )
        .await;
    assert_eq!(
        world.found().await,
        [changed("c", 8, 406), changed("c", 7, 407)]
    );
}

#[tokio::test]
async fn a_tail_that_was_cut_off_with_its_leaves_is_found_by_the_checkpoint() {
    let world = signed_log().await;
    world
        .administrator("DELETE FROM events WHERE aggregate_id = 'c'")
        .await;
    let found = world.found().await;
    assert_eq!(found.len(), 200, "each is named while its leaf is there");
    // The tree as it was at 400, put back.
    world
        .administrator(
            "DELETE FROM tree_leaves; DELETE FROM tree_tiles;
             UPDATE tree_head SET size = 0, root = sha256(''), xact_id = 0, position = 0",
        )
        .await;
    world.grows_to(400).await;
    let found = world.found().await;
    let cut = TreeFinding::CutShort {
        size: 600,
        leaves: 400,
    };
    assert!(found.contains(&cut), "{found:?}");
}

#[tokio::test]
async fn an_event_that_is_changed_with_its_leaf_is_found_between_two_checkpoints() {
    let world = signed_log().await;
    world
        .administrator(
            "UPDATE events SET payload = payload || '{\"more\": 1}' WHERE aggregate_id = 'b' AND sequence = 9;
             DELETE FROM tree_leaves; DELETE FROM tree_tiles;
             UPDATE tree_head SET size = 0, root = sha256(''), xact_id = 0, position = 0",
        )
        .await;
    // All nodes are made anew, from the history as it is now, with other salts.
    world.grows_to(600).await;
    let found = world.found().await;
    let not_as_signed = |size| TreeFinding::NotAsSigned { size, since: 0 };
    assert_eq!(found, [200, 400, 600].map(not_as_signed));
}

#[tokio::test]
async fn a_leaf_that_is_edited_is_found_twice() {
    let world = signed_log().await;
    world
        .administrator(
            "UPDATE tree_tiles SET hashes = set_byte(hashes, 32, get_byte(hashes, 32) # 1)
              WHERE level = 0 AND number = 1",
        )
        .await;
    let found = world.found().await;
    let not_as_signed = |size| TreeFinding::NotAsSigned { size, since: 200 };
    let other_head = TreeFinding::OtherHead {
        size: 600,
        leaves: 600,
    };
    assert_eq!(
        found,
        [
            changed("b", 58, 257),
            not_as_signed(400),
            not_as_signed(600),
            OTHER_NODES,
            other_head
        ]
    );
}

#[tokio::test]
async fn an_inner_node_that_is_edited_or_taken_out_is_named() {
    for spoil in [
        "UPDATE tree_tiles SET hashes = set_byte(hashes, 33, get_byte(hashes, 33) # 1)
          WHERE level = 1 AND number = 0",
        "UPDATE tree_tiles SET hashes = substr(hashes, 1, 32) WHERE level = 1 AND number = 0",
        "DELETE FROM tree_tiles WHERE level = 1",
    ] {
        let world = signed_log().await;
        world.administrator(spoil).await;
        assert_eq!(world.found().await, [OTHER_NODES], "{spoil}");
    }
}

#[tokio::test]
async fn an_inner_node_of_a_full_tile_is_compared_too() {
    let world = World::new().await;
    // A tile of level 1 is full of 256 tiles of 256 leaves.
    let leaves = 256 * 256 + 1;
    for order in 0..(leaves / 4_096) {
        world.appends(&format!("a{order}"), 0, 4_096).await;
    }
    world.appends("b", 0, 1).await;
    world.grows_to(leaves).await;
    assert!(world.check().await.agrees());
    world
        .administrator(
            "UPDATE tree_tiles SET hashes = set_byte(hashes, 5000, get_byte(hashes, 5000) # 1)
              WHERE level = 1 AND number = 0",
        )
        .await;
    assert_eq!(world.found().await, [OTHER_NODES]);
}

#[tokio::test]
async fn an_edited_salt_and_an_edited_head_are_found() {
    let world = signed_log().await;
    world
        .administrator(
            "UPDATE tree_leaves SET salts = set_byte(salts, 0, get_byte(salts, 0) # 1) WHERE number = 0;
             UPDATE tree_head SET root = sha256('x')",
        )
        .await;
    let found = world.found().await;
    let other_head = TreeFinding::OtherHead {
        size: 600,
        leaves: 600,
    };
    assert_eq!(found, [changed("a", 1, 0), other_head]);
}

#[tokio::test]
async fn an_edited_checkpoint_is_found() {
    let world = signed_log().await;
    world
        .administrator(
            "UPDATE tree_checkpoints SET note = replace(note, 'shop', 'chop') WHERE size = 200;
             UPDATE tree_checkpoints SET size = 401, note = replace(note, E'\\n400\\n', E'\\n401\\n') WHERE size = 400",
        )
        .await;
    let found = world.found().await;
    assert!(
        matches!(
            found[..],
            [
                TreeFinding::NotSigned { size: 200, .. },
                TreeFinding::NotSigned { size: 401, .. }
            ]
        ),
        "{found:?}"
    );
}
