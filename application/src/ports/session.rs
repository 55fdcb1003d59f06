//! Sessions of signed-in wallets.

use std::time::Duration;

use async_trait::async_trait;
use gage_domain::value::Address;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ports::StoreUnavailable;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The wallet.
    pub address: Address,
    /// The chain named in the sign-in message.
    pub chain_id: u64,
    /// When it was opened.
    #[serde(with = "time::serde::rfc3339")]
    pub issued_at: OffsetDateTime,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// Where sessions are kept. Only a hash of the token is: a leaked store signs nobody in.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session under a token (the secret the client keeps).
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn open(
        &self,
        token: &str,
        session: &Session,
        ttl: Duration,
    ) -> Result<(), StoreUnavailable>;

    /// The session of a token, if it is open.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn find(&self, token: &str) -> Result<Option<Session>, StoreUnavailable>;

    /// Ends one session; `false` when there was none.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn revoke(&self, token: &str) -> Result<bool, StoreUnavailable>;

    /// Ends all sessions of a wallet and says how many.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    async fn revoke_all(&self, address: Address) -> Result<u64, StoreUnavailable>;
}
