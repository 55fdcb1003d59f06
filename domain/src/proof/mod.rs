//! Proofs about the history: a Merkle tree over all events in log order, after RFC 6962 and
//! RFC 9162, with signed checkpoints in the form of C2SP.
//!
//! Everything here is a pure function of bytes: the server makes proofs with it, and
//! `gage audit verify` checks them with it, without a server and without a database.
//! `docs/audit.md` describes every byte, so that anyone can write another verifier.
//!
//! - [`canonical`] is the one text that a JSON value is committed to by;
//! - [`Leaf`] is an event as the tree holds it, with its commitments and their salt;
//! - [`Tiles`], [`Growth`] and the functions beside them are the tree;
//! - [`CheckpointKey`] signs a [`TreeHead`], and a [`CheckpointVerifier`] checks it;
//! - [`Receipt`] is what a customer keeps of an order, [`verify_receipt`] what it proves.

mod canonical;
mod checkpoint;
mod consistency;
mod growth;
mod leaf;
mod receipt;
mod tiles;
mod tree;
mod verdict;
mod verify;

pub use canonical::{NotCanonical, canonical};
pub use checkpoint::{
    CheckpointKey, CheckpointVerifier, InvalidOrigin, InvalidVerifierKey, NotACheckpoint, Origin,
    SignedCheckpoint, TreeHead,
};
pub use consistency::{ConsistencyDocument, verify_consistency_document};
pub use growth::{DamagedTree, Growth};
pub use leaf::{Commitments, Leaf, Salt, leaf_hash};
pub use receipt::{AnchorNote, EventDocument, InvalidDocument, Receipt, ReceiptEvent};
pub use tiles::{InvalidTile, MissingTile, TILE_WIDTH, TileId, Tiles};
pub use tree::{
    ProofError, TreeQuestion, check_consistency, check_inclusion, consistency, empty_root,
    inclusion,
};
pub use verdict::{Statement, Verdict};
pub use verify::{Trust, verify_document, verify_receipt};
