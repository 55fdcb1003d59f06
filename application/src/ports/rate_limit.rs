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

/// The answer of a rate limit to who wants to do something several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// So many times, at least once.
    Granted(u32),
    /// Too often: try again after so long.
    RetryAfter(Duration),
}

/// Counts what was done.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Asks to do something under `key` (for example `sign-in:127.0.0.1`) up to so many times
    /// more; what fits is granted. MUST be atomic.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn lease(&self, key: &str, limit: Limit, times: u32) -> Result<Lease, StoreUnavailable>;

    /// Asks to do something once more.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn acquire(&self, key: &str, limit: Limit) -> Result<Permit, StoreUnavailable> {
        Ok(match self.lease(key, limit, 1).await? {
            Lease::Granted(_) => Permit::Granted,
            Lease::RetryAfter(wait) => Permit::RetryAfter(wait),
        })
    }
}
