//! Proofs about the history: against published vectors, against another implementation, and
//! against whoever edits.

mod canonical;
mod checkpoints;
mod growth;
mod leaves;
mod oracle;
mod receipts;
mod vectors;

use gage_domain::{
    proof::{Growth, Tiles, TreeHead},
    value::B256,
};

/// A tree of leaves that are made up, with all its tiles, as it would be stored.
pub(crate) fn tree(leaves: u64) -> (TreeHead, Tiles) {
    let mut growth = Growth::empty();
    for number in 0..leaves {
        growth.append(made_up_leaf(number));
    }
    (growth.head(), growth.tiles().clone())
}

pub(crate) fn made_up_leaf(number: u64) -> B256 {
    use sha2::{Digest, Sha256};
    let data = [&[0_u8][..], &number.to_be_bytes()].concat();
    B256::from(<[u8; 32]>::from(Sha256::digest(data)))
}
