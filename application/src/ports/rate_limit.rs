//! Rate limits, shared by all replicas.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::StoreUnavailable;

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// So many times …
    pub times: u32,
    /// … in so long.
    pub per: Duration,
}

/// The answer of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Go on.
    Granted,
    /// Too often: try again after so long.
    RetryAfter(Duration),
}

/// Counts what was done.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Asks to do something once more under `key` (for example `sign-in:127.0.0.1`). MUST be atomic.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn acquire(&self, key: &str, limit: Limit) -> Result<Permit, StoreUnavailable>;
}
