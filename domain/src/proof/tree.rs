//! Proofs of inclusion and consistency (RFC 6962, sections 2.1.1 and 2.1.2; RFC 9162, section 2.1).

use std::{cell::RefCell, collections::BTreeSet};

use thiserror::Error;
use tlog_tiles::tlog::{self, Hash, HashReader};

use super::{
    checkpoint::TreeHead,
    tiles::{Node, TileId, Tiles},
};
use crate::value::B256;

/// Hashes of a proof at most: one for each level of a tree that 64 bits can count.
const PROOF_MAX: usize = 64;

/// Why there is no proof, or why one proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("a tree of {size} leaves has no leaf {index}")]
    NoSuchLeaf {
        /// The tree's size.
        size: u64,
        /// The leaf's place, from 0.
        index: u64,
    },
    /// The smaller tree is empty, or is the larger one.
    #[error("no tree of {old} leaves can have grown to {new}")]
    NoGrowth {
        /// Size of the smaller tree.
        old: u64,
        /// Size of the larger tree.
        new: u64,
    },
    /// Tiles that are needed are missing or cut short.
    #[error("the tree's stored nodes are incomplete")]
    Incomplete,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Wrong,
}

/// What a proof is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TreeQuestion {
    /// That a tree has a leaf.
    Inclusion {
        /// The tree's size.
        size: u64,
        /// The leaf's place, from 0.
        index: u64,
    },
    /// That a tree has grown from a smaller one: nothing of that was changed.
    Consistency {
        /// Size of the smaller tree.
        old: u64,
        /// Size of the larger tree.
        new: u64,
    },
    /// What its root is.
    Root {
        /// The tree's size.
        size: u64,
    },
}

impl TreeQuestion {
    /// The tiles that an answer needs: some for each level of tiles, whatever the tree's size.
    ///
    /// # Errors
    /// [`ProofError`] when there is no answer.
    pub fn tiles(self) -> Result<Vec<TileId>, ProofError> {
        self.check()?;
        let asked = Asked::default();
        // Ends with an error as soon as it has asked for all hashes at once, which tlog does.
        drop(self.ask(&asked));
        Ok(asked.0.into_inner().into_iter().collect())
    }

    fn check(self) -> Result<(), ProofError> {
        match self {
            Self::Inclusion { size, index } if index >= size => {
                Err(ProofError::NoSuchLeaf { size, index })
            }
            Self::Consistency { old, new } if old == 0 || old > new => {
                Err(ProofError::NoGrowth { old, new })
            }
            _ => Ok(()),
        }
    }

    fn ask(self, reader: &impl HashReader) -> Result<Vec<Hash>, tlog::Error> {
        match self {
            Self::Inclusion { size, index } => tlog::prove_record(size, index, reader),
            Self::Consistency { old, new } => tlog::prove_tree(new, old, reader),
            Self::Root { size } => tlog::tree_hash(size, reader).map(|root| vec![root]),
        }
    }

    fn answer(self, tiles: &Tiles) -> Result<Vec<B256>, ProofError> {
        self.check()?;
        let hashes = self.ask(tiles).map_err(|_| ProofError::Incomplete)?;
        Ok(hashes.into_iter().map(plain).collect())
    }
}

/// The proof that a tree of a size has a leaf at a place.
///
/// # Errors
/// [`ProofError`].
pub fn inclusion(size: u64, index: u64, tiles: &Tiles) -> Result<Vec<B256>, ProofError> {
    TreeQuestion::Inclusion { size, index }.answer(tiles)
}

/// The proof that a tree has grown from a smaller one.
///
/// # Errors
/// [`ProofError`].
pub fn consistency(old: u64, new: u64, tiles: &Tiles) -> Result<Vec<B256>, ProofError> {
    TreeQuestion::Consistency { old, new }.answer(tiles)
}

/// The root of a tree of a size.
///
/// # Errors
/// [`ProofError::Incomplete`].
pub(super) fn root(size: u64, tiles: &Tiles) -> Result<B256, ProofError> {
    let answer = TreeQuestion::Root { size }.answer(tiles)?;
    answer.first().copied().ok_or(ProofError::Incomplete)
}

/// The root of the empty tree: SHA-256 of nothing.
pub fn empty_root() -> B256 {
    plain(tlog::EMPTY_HASH)
}

/// Checks that the tree with this head has this leaf at a place.
///
/// # Errors
/// [`ProofError`].
pub fn check_inclusion(
    head: &TreeHead,
    index: u64,
    leaf: B256,
    proof: &[B256],
) -> Result<(), ProofError> {
    let size = head.size;
    TreeQuestion::Inclusion { size, index }.check()?;
    let checked = tlog::check_record(
        &bounded(proof)?,
        size,
        Hash(head.root.0),
        index,
        Hash(leaf.0),
    );
    checked.map_err(|_| ProofError::Wrong)
}

/// Checks that the tree with the one head has grown to the tree with the other.
///
/// # Errors
/// [`ProofError`].
pub fn check_consistency(old: &TreeHead, new: &TreeHead, proof: &[B256]) -> Result<(), ProofError> {
    let (from, to) = (old.size, new.size);
    TreeQuestion::Consistency { old: from, new: to }.check()?;
    let checked = tlog::check_tree(
        &bounded(proof)?,
        to,
        Hash(new.root.0),
        from,
        Hash(old.root.0),
    );
    checked.map_err(|_| ProofError::Wrong)
}

/// A proof is walked by recursion that copies it: what is longer than any proof proves nothing.
fn bounded(proof: &[B256]) -> Result<Vec<Hash>, ProofError> {
    if proof.len() > PROOF_MAX {
        return Err(ProofError::Wrong);
    }
    Ok(proof.iter().map(|hash| Hash(hash.0)).collect())
}

/// The hash in the project's own type.
pub(super) fn plain(hash: Hash) -> B256 {
    B256::from(hash.0)
}

/// Takes down which tiles are asked for, and has none.
#[derive(Default)]
struct Asked(RefCell<BTreeSet<TileId>>);

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog::Error> {
        let tiles = indexes.iter().map(|index| Node::at(*index).tile);
        self.0.borrow_mut().extend(tiles);
        Err(tlog::Error::IndexesNotInTree)
    }
}
