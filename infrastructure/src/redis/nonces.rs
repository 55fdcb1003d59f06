//! Sign-in nonces: `SET NX` once, `GETDEL` once.

use std::time::Duration;

use async_trait::async_trait;
use gage_application::ports::{StoreUnavailable, nonce::Nonces};
use redis::cmd;

use super::store::{RedisStore, unavailable, whole_millis};

/// Nonces in Redis.
#[derive(Clone)]
pub struct RedisNonces {
    store: RedisStore,
}

impl RedisNonces {
    /// Over this store.
    pub fn new(store: RedisStore) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Nonces for RedisNonces {
    async fn issue(&self, nonce: &str, ttl: Duration) -> Result<(), StoreUnavailable> {
        let mut connection = self.store.connection();
        let mut set = cmd("SET");
        set.arg(self.store.key("nonce", nonce))
            .arg(1)
            .arg("NX")
            .arg("PX")
            .arg(whole_millis(ttl));
        let set_now: bool = self
            .store
            .call(async move { set.query_async(&mut connection).await })
            .await?;
        if set_now {
            Ok(())
        } else {
            // A secret that comes twice is a broken source of randomness.
            Err(unavailable("the nonce is issued already".to_owned()))
        }
    }

    async fn take(&self, nonce: &str) -> Result<bool, StoreUnavailable> {
        let mut connection = self.store.connection();
        let mut take = cmd("GETDEL");
        take.arg(self.store.key("nonce", nonce));
        let taken: Option<String> = self
            .store
            .call(async move { take.query_async(&mut connection).await })
            .await?;
        Ok(taken.is_some())
    }
}
