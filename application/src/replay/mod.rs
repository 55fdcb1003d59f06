//! Replay: the whole event log folded from zero, every event checked, and everything else that
//! is stored compared with the fold.
//!
//! What is looked at:
//! - every stream is dense, in the order of the log, and readable ([`Fault::MissingEvent`] …);
//! - every event is one that its aggregate could have decided in its state: its command is put to
//!   the aggregate once more; between order, payment, stock and shop the rules of the operations
//!   hold;
//! - reserved ≤ on hand and funded = held + released + refunded after every event, by sums that
//!   know nothing of the aggregates; a log of a chain counts once;
//! - what is decided in one append is there whole: an order with its reservations and its
//!   payment, an approval with what it sells, an end with what it gives back;
//! - prices, names, sellers and amounts are what was offered at that moment;
//! - snapshots, read models, checkpoints, idempotency keys and the listener's record say what the
//!   log says.
//!
//! Invariants:
//! - everything is read as of one moment ([`Stored`](crate::ports::replay::Stored)), in the order of the log;
//! - memory is bounded: orders are folded in parts of [`Plan::orders`], and the log is read once
//!   for each part; only shops, products and stock, which every part needs, and accounts are kept
//!   for all;
//! - nothing here shares code with the read models: what they should say is worked out in
//!   `witness` from the aggregates.
//!
//! Not found by this are changes that leave a history which could have happened, and everything
//! derived from it, as consistent as before. For these the log has to be compared with what was
//! signed: see [`check`](crate::tree::check).

pub(crate) mod answers;
mod appends;
mod catalogue;
mod compare;
mod entry;
mod finding;
mod legal;
mod life;
mod moments;
mod report;
mod run;
mod sightings;
mod witness;
mod worker;

pub use self::{
    finding::{Fault, Finding, Findings, Place},
    report::{Phase, Report},
    run::{Plan, replay},
};

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is read.
    pub stage: Stage,
    /// Events or rows that were read.
    pub done: u64,
    /// Events that there are; for rows nothing is known beforehand.
    pub total: u64,
}

/// What a replay reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The log.
    Events,
    /// Read models and the listener's record.
    Rows,
}
