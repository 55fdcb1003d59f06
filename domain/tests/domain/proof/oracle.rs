//! The tree against another implementation of RFC 6962 (the crate `ct-merkle`), and against
//! proofs that were tampered with.

use ct_merkle::{
    ConsistencyProof, HashableLeaf, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree,
};
use gage_domain::{
    proof::{
        ProofError, TreeHead, TreeQuestion, check_consistency, check_inclusion, consistency,
        inclusion,
    },
    value::B256,
};
use proptest::prelude::*;
use sha2_for_ct_merkle::{Sha256, digest::Update};

use super::{made_up_leaf, tree};

/// More than two full tiles, so that two levels of them are used.
const SIZES: std::ops::Range<u64> = 1..700;

/// A leaf's data as the other implementation takes it.
#[derive(Clone)]
struct Data(u64);

impl HashableLeaf for Data {
    fn hash<H: Update>(&self, hasher: &mut H) {
        hasher.update(&self.0.to_be_bytes());
    }
}

type Other = MemoryBackedTree<Sha256, Data>;

fn other(leaves: u64) -> Other {
    let mut tree = Other::new();
    (0..leaves).for_each(|number| tree.push(Data(number)));
    tree
}

fn in_words_of_the_other(head: &TreeHead) -> RootHash<Sha256> {
    RootHash::new(head.root.0.into(), head.size)
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a small number")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn roots_and_inclusion_proofs_are_those_of_the_oracle(
        size in SIZES,
        at in any::<prop::sample::Index>(),
    ) {
        let index = at.index(place(size)) as u64;
        let (head, tiles) = tree(size);
        let oracle = other(size);
        prop_assert_eq!(in_words_of_the_other(&head), oracle.root());
        let proof = inclusion(size, index, &tiles).expect("a proof");
        let theirs = oracle.prove_inclusion(place(index));
        prop_assert_eq!(proof.concat(), theirs.as_bytes());
        prop_assert_eq!(check_inclusion(&head, index, made_up_leaf(index), &proof), Ok(()));
        let ours = InclusionProof::from_bytes(proof.concat());
        prop_assert!(oracle.root().verify_inclusion(&Data(index), index, &ours).is_ok());
    }

    #[test]
    fn consistency_proofs_are_those_of_the_oracle(
        size in SIZES,
        at in any::<prop::sample::Index>(),
    ) {
        let old = at.index(place(size)) as u64 + 1;
        let (new_head, tiles) = tree(size);
        let (old_head, _) = tree(old);
        let proof = consistency(old, size, &tiles).expect("a proof");
        prop_assert_eq!(check_consistency(&old_head, &new_head, &proof), Ok(()));
        let oracle = other(size);
        let theirs = oracle.prove_consistency(place(size - old));
        prop_assert_eq!(proof.concat(), theirs.as_bytes());
        let ours = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).expect("hashes");
        let old_root = in_words_of_the_other(&old_head);
        prop_assert!(oracle.root().verify_consistency(&old_root, &ours).is_ok());
    }

    #[test]
    fn one_changed_bit_makes_a_proof_worthless(
        size in 2..700_u64,
        at in any::<prop::sample::Index>(),
        changed in any::<prop::sample::Index>(),
        bit in 0..256_usize,
    ) {
        let index = at.index(place(size)) as u64;
        let (head, tiles) = tree(size);
        let proof = inclusion(size, index, &tiles).expect("a proof");
        let leaf = made_up_leaf(index);
        let mut forged = proof.clone();
        flip(&mut forged[changed.index(proof.len())], bit);
        prop_assert_eq!(check_inclusion(&head, index, leaf, &forged), Err(ProofError::Wrong));
        let mut other_leaf = leaf;
        flip(&mut other_leaf, bit);
        prop_assert_eq!(check_inclusion(&head, index, other_leaf, &proof), Err(ProofError::Wrong));
        let mut other_head = head;
        flip(&mut other_head.root, bit);
        prop_assert_eq!(check_inclusion(&other_head, index, leaf, &proof), Err(ProofError::Wrong));
        prop_assert_eq!(
            check_inclusion(&head, (index + 1) % size, leaf, &proof),
            Err(ProofError::Wrong)
        );
        forged = proof;
        forged.push(leaf);
        prop_assert_eq!(check_inclusion(&head, index, leaf, &forged), Err(ProofError::Wrong));
    }

    #[test]
    fn a_changed_history_is_no_growth(
        old in 1..300_u64,
        more in 1..300_u64,
        at in any::<prop::sample::Index>(),
        bit in 0..256_usize,
    ) {
        let new = old + more;
        let changed = at.index(place(old)) as u64;
        let mut growth = gage_domain::proof::Growth::empty();
        for number in 0..new {
            let mut leaf = made_up_leaf(number);
            if number == changed {
                flip(&mut leaf, bit);
            }
            growth.append(leaf);
        }
        let proof = consistency(old, new, growth.tiles()).expect("a proof");
        prop_assert_eq!(
            check_consistency(&tree(old).0, &growth.head(), &proof),
            Err(ProofError::Wrong)
        );
    }
}

fn flip(hash: &mut B256, bit: usize) {
    hash.0[bit / 8] ^= 1 << (bit % 8);
}

#[test]
fn what_cannot_be_proven_is_refused() {
    let (head, tiles) = tree(5);
    let refused = ProofError::NoSuchLeaf { size: 5, index: 5 };
    assert_eq!(inclusion(5, 5, &tiles), Err(refused.clone()));
    assert_eq!(check_inclusion(&head, 5, B256::ZERO, &[]), Err(refused));
    let refused = ProofError::NoGrowth { old: 0, new: 5 };
    assert_eq!(consistency(0, 5, &tiles), Err(refused));
    let refused = ProofError::NoGrowth { old: 6, new: 5 };
    assert_eq!(consistency(6, 5, &tiles), Err(refused));
    assert_eq!(inclusion(6, 0, &tiles), Err(ProofError::Incomplete));
}

#[test]
fn sizes_and_proofs_that_nobody_has_are_refused_quickly() {
    let head = TreeHead {
        size: u64::MAX,
        root: B256::ZERO,
    };
    for length in [0, 1, 63, 64, 65, 100_000] {
        let proof = vec![B256::ZERO; length];
        for index in [0, u64::MAX / 2, u64::MAX - 1] {
            let checked = check_inclusion(&head, index, B256::ZERO, &proof);
            assert_eq!(
                checked,
                Err(ProofError::Wrong),
                "{length} hashes at {index}"
            );
        }
        let old = TreeHead {
            size: u64::MAX - 1,
            root: B256::ZERO,
        };
        let checked = check_consistency(&old, &head, &proof);
        assert_eq!(checked, Err(ProofError::Wrong), "{length} hashes");
    }
}

#[test]
fn a_proof_in_a_tree_of_a_million_needs_a_handful_of_tiles() {
    for index in [0, 255, 256, 499_999, 999_999] {
        let size = 1_000_000;
        let tiles = TreeQuestion::Inclusion { size, index }.tiles();
        assert!(tiles.expect("tiles").len() <= 6, "leaf {index}");
    }
    let (old, new) = (123_457, 1_000_000);
    let tiles = TreeQuestion::Consistency { old, new }.tiles();
    assert!(tiles.expect("tiles").len() <= 8);
}
