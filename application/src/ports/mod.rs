//! Ports: what the application needs of the world. Adapters live in `infrastructure`
//! and, for what read models answer, in `projections`.

pub mod anchors;
pub mod attempts;
pub mod chain;
pub mod chain_record;
pub mod checkpoint;
pub mod chronicle;
pub mod clock;
pub mod contract_signatures;
pub mod due_payments;
pub mod due_releases;
pub mod escrow_view;
pub mod event_log;
pub mod history_tree;
pub mod images;
pub mod nonce;
pub mod open_orders;
pub mod personal_data;
pub mod rate_limit;
pub mod replay;
pub mod session;
pub mod snapshot;
pub mod wake;

use thiserror::Error;

/// An outside store (Redis, Postgres) that cannot be used right now. The cause is logged
/// where it happened; callers only need to know that trying later may help.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{store} is not available: {reason}")]
pub struct StoreUnavailable {
    /// Which store.
    pub store: &'static str,
    /// Why, for the log. Never shown to users.
    pub reason: String,
}
