//! Which payments nobody has to wait for any more.

use async_trait::async_trait;
use gage_domain::{ids::OrderId, payment::Terms};
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// A payment that anyone may release, as far as the read model knows: the contract decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRelease {
    /// What was paid, under which key in which contract.
    pub terms: Terms,
    /// Since when.
    pub hold_ends: OffsetDateTime,
}

/// Answers from a read model; the contract decides again.
#[async_trait]
pub trait DueReleases: Send + Sync {
    /// Confirmed, undisputed payments on a chain (EIP-155) of orders that were shipped, of which something is held,
    /// and whose hold time ended at or before `until`: those that ended first come first, at
    /// most `limit`, after the one whose hold time and order are given.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn due(
        &self,
        chain_id: u64,
        until: OffsetDateTime,
        after: Option<(OffsetDateTime, OrderId)>,
        limit: u32,
    ) -> Result<Vec<DueRelease>, StoreUnavailable>;
}
