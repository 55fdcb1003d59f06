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
//! - the log is read once;
//! - memory is bounded: [`Plan::orders`] orders are held, those that nothing happened to for
//!   longest are put away, and of each a digest of 80 bytes is left (`digest`); one to which
//!   something more happens is read again from its own events. Shops, products, stock and accounts
//!   are held, and of each log of a chain that counts 8 bytes;
//! - rows are compared by sums, and one by one where these differ;
//! - nothing here shares code with the read models: what they should say is worked out in
//!   `witness` from the aggregates.
//!
//! Not found by this are changes that leave a history which could have happened, and everything
//! derived from it, as consistent as before. For these the log has to be compared with what was
//! signed: see [`check`](crate::tree::check).

mod agreement;
pub(crate) mod answers;
mod appends;
mod bonds;
mod catalogue;
mod compare;
mod crew;
mod digest;
mod entry;
mod finding;
mod legal;
mod life;
mod lives;
mod moments;
mod paid;
mod reading;
mod report;
mod rows;
mod run;
mod sightings;
mod stock;
mod witness;
mod worker;

pub use self::{
    finding::{Fault, Finding, Findings, Place},
    report::{Phase, Report},
    run::{ReplayError, replay},
};

/// How a replay is made.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Orders that are in memory at once; each costs about 3 kB.
    pub orders: usize,
    /// Folds in parallel, and as many decode.
    pub workers: usize,
}

impl Default for Plan {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            orders: 20_000,
            workers,
        }
    }
}

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
