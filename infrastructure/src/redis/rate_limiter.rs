//! Rate limits by the generic cell rate algorithm (ITU-T I.371): one number a key, and no
//! window at whose edge twice as much goes through.

use std::time::Duration;

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    rate_limit::{Lease, Limit, RateLimiter},
};
use redis::Script;

use super::store::RedisStore;

/// Rate limits in Redis, by Redis's own clock, which all replicas share.
#[derive(Clone)]
pub struct RedisRateLimiter {
    store: RedisStore,
    script: Script,
}

impl RedisRateLimiter {
    /// Over this store.
    pub fn new(store: RedisStore) -> Self {
        Self {
            store,
            script: Script::new(include_str!("rate_limiter.lua")),
        }
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn lease(&self, key: &str, limit: Limit, times: u32) -> Result<Lease, StoreUnavailable> {
        if limit.times == 0 {
            return Ok(Lease::RetryAfter(limit.per));
        }
        if limit.per.as_micros() == 0 {
            return Ok(Lease::Granted(times.max(1)));
        }
        let mut connection = self.store.connection();
        let mut script = self.script.prepare_invoke();
        script
            .key(self.store.key("limit", key))
            .arg(limit.times)
            .arg(u64::try_from(limit.per.as_micros()).unwrap_or(u64::MAX))
            .arg(times.max(1));
        let (granted, wait_micros): (u32, u64) = self
            .store
            .call(async move { script.invoke_async(&mut connection).await })
            .await?;
        Ok(match granted {
            0 => Lease::RetryAfter(Duration::from_micros(wait_micros)),
            granted => Lease::Granted(granted),
        })
    }
}
