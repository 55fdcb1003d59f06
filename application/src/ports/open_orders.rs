//! Which orders of a customer are not done yet.

use async_trait::async_trait;
use gage_domain::{ids::OrderId, value::Address};

use crate::{ports::StoreUnavailable, position::LogPosition};

/// Answers from a read model.
#[async_trait]
pub trait OpenOrders: Send + Sync {
    /// The buyer's orders whose goods may still have to be delivered
    /// ([`Phase::STILL_TO_DELIVER`](gage_domain::order::Phase::STILL_TO_DELIVER)), newest first.
    /// MUST be none while the read model lacks anything up to `as_of`.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn still_to_deliver(
        &self,
        buyer: Address,
        as_of: LogPosition,
    ) -> Result<Option<Vec<OrderId>>, StoreUnavailable>;
}
