//! Which payment windows have ended.

use async_trait::async_trait;
use gage_domain::ids::OrderId;
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// Answers from a read model; the aggregates decide again.
#[async_trait]
pub trait DuePayments: Send + Sync {
    /// Unpaid orders that are to be paid on a chain (EIP-155) and whose window ended at or before
    /// `until`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn due(
        &self,
        chain_id: u64,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreUnavailable>;
}
