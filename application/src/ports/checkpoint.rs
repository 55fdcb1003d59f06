//! Checkpoints of consumers that keep no rows of their own (reactions).

use async_trait::async_trait;

use crate::{ports::StoreUnavailable, position::LogPosition};

/// Where the checkpoints of reactions are kept. Projections move theirs with their rows.
#[async_trait]
pub trait Checkpoints: Send + Sync {
    /// How far a consumer has come; [`LogPosition::START`] if it never ran.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn load(&self, consumer: &str) -> Result<LogPosition, StoreUnavailable>;

    /// Compare-and-swap: moves from `from` to `to`; `false` when another replica moved it.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn advance(
        &self,
        consumer: &str,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<bool, StoreUnavailable>;
}
