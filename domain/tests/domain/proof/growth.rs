//! A tree that is put down and taken up again is the same tree.

use gage_domain::proof::{Growth, Tiles, TreeHead};
use proptest::prelude::*;

use super::{made_up_leaf, tree};

/// What a table of tiles gives back: those that are asked for.
fn some_of(tiles: &Tiles, size: u64) -> Tiles {
    let mut edge = Tiles::default();
    for id in Growth::edge(size) {
        edge.insert(id, &tiles.hashes(id).concat()).expect("a tile");
    }
    edge
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn growing_in_stretches_is_growing_at_once(stretches in prop::collection::vec(0..400_u64, 1..6)) {
        let (mut head, mut stored) = (tree(0).0, Tiles::default());
        for stretch in &stretches {
            let edge = some_of(&stored, head.size);
            let mut growth = Growth::resume(head, edge).expect("the stored tree");
            for number in head.size..head.size + stretch {
                growth.append(made_up_leaf(number));
            }
            head = growth.head();
            for (id, bytes) in growth.tiles().stored() {
                stored.insert(id, &bytes).expect("a tile");
            }
        }
        let (at_once, tiles) = tree(stretches.iter().sum());
        prop_assert_eq!(head, at_once);
        prop_assert_eq!(stored, tiles);
    }

    #[test]
    fn what_went_by_can_be_forgotten(size in 0..1_500_u64) {
        let mut growth = Growth::empty();
        for number in 0..size {
            growth.append(made_up_leaf(number));
            growth.forget_full_tiles();
        }
        prop_assert_eq!(growth.head(), tree(size).0);
        prop_assert!(growth.tiles().stored().count() <= 2);
    }
}

#[test]
fn nodes_of_another_tree_are_not_built_upon() {
    let (head, tiles) = tree(300);
    let other = TreeHead {
        root: tree(299).0.root,
        ..head
    };
    assert!(Growth::resume(head, some_of(&tiles, 300)).is_ok());
    assert!(Growth::resume(other, some_of(&tiles, 300)).is_err());
    assert!(Growth::resume(head, Tiles::default()).is_err());
    assert!(Growth::resume(head, some_of(&tree(299).1, 300)).is_err());
}
