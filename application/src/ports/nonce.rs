//! Sign-in nonces: issued by the server, used once.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::StoreUnavailable;

/// Where sign-in nonces are kept.
#[async_trait]
pub trait Nonces: Send + Sync {
    /// Remembers a nonce for `ttl`.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn issue(&self, nonce: &str, ttl: Duration) -> Result<(), StoreUnavailable>;

    /// Takes a nonce: `true` exactly once for each that was issued and has not run out.
    /// MUST be atomic.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn take(&self, nonce: &str) -> Result<bool, StoreUnavailable>;
}
