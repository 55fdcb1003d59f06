//! The Merkle tree over the event log: kept by a reader of the log, signed at intervals, and
//! checked against the log.
//!
//! - [`TreeReader`] adds what was appended, well after the append and a second's worth at once;
//! - [`Issuer`] signs checkpoints, and refuses to sign a tree that did not grow from the last one;
//! - [`Receipts`] puts together what a customer keeps of an order;
//! - [`check`] works the tree out anew from the log and says where the two part.
//!
//! What a proof is made of stands in [`gage_domain::proof`].

pub mod check;
mod issuer;
mod reader;
mod receipts;

pub use issuer::{Issuer, IssuerStatus, Issuing, NotIssued};
pub use reader::TreeReader;
pub use receipts::Receipts;
