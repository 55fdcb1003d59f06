//! The connection that sessions, nonces and limits share.

use std::{future::Future, sync::Arc, time::Duration};

use gage_application::ports::StoreUnavailable;
use redis::{
    Client, IntoConnectionInfo, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
    io::tcp::TcpSettings,
};
use thiserror::Error;
use tokio::time::timeout;

use super::outage::Outage;

/// How long one call may take, with its reconnection. Redis answers in under a millisecond; a
/// visitor who waits longer than this is better served by an error.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long Redis may take to answer over a connection that stands.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a connection may take to be made.
pub(super) const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the kernel keeps sending to a peer that no longer acknowledges.
const UNACKNOWLEDGED_TIMEOUT: Duration = Duration::from_secs(10);

/// A URL that Redis cannot be reached by. The URL is not shown: it may hold a password.
#[derive(Debug, Error)]
#[error("REDIS_URL is not a Redis URL (redis://user:password@host:port/database)")]
pub struct InvalidRedisUrl(#[source] redis::RedisError);

/// Redis, and what this shop's keys begin with. Clones share one connection, which is made at
/// the first call and anew whenever it was lost.
#[derive(Clone)]
pub struct RedisStore {
    client: Client,
    manager: ConnectionManager,
    prefix: Arc<str>,
    /// Shared by all clones, so that an outage is one log line.
    outage: Arc<Outage>,
}

impl RedisStore {
    /// Prepares a connection without making it: a server starts without Redis too. Must be
    /// called inside a tokio runtime.
    ///
    /// # Errors
    /// [`InvalidRedisUrl`].
    pub fn new(url: &str, prefix: &str) -> Result<Self, InvalidRedisUrl> {
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_user_timeout(UNACKNOWLEDGED_TIMEOUT);
        let info = url
            .into_connection_info()
            .map_err(InvalidRedisUrl)?
            .set_tcp_settings(tcp);
        let client = Client::open(info).map_err(InvalidRedisUrl)?;
        // Few retries inside a call: the next call begins the next attempt.
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(50))
            .set_max_delay(Duration::from_millis(200));
        let manager = client
            .get_connection_manager_lazy(config)
            .map_err(InvalidRedisUrl)?;
        Ok(Self {
            client,
            manager,
            prefix: prefix.into(),
            outage: Arc::new(Outage::new("store")),
        })
    }

    /// Whether Redis answers, for health pages.
    ///
    /// # Errors
    /// [`StoreUnavailable`].
    pub async fn ping(&self) -> Result<(), StoreUnavailable> {
        let mut connection = self.connection();
        self.call(async move { redis::cmd("PING").query_async::<()>(&mut connection).await })
            .await
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn connection(&self) -> ConnectionManager {
        self.manager.clone()
    }

    pub(super) fn key(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}:{name}", self.prefix)
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Awaits a call, for no longer than a call may take. A call is never sent twice.
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = RedisResult<T>>,
    ) -> Result<T, StoreUnavailable> {
        let reason = match timeout(CALL_TIMEOUT, call).await {
            Ok(Ok(answer)) => {
                self.outage.worked();
                return Ok(answer);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {CALL_TIMEOUT:?}"),
        };
        self.outage.failed(&reason);
        Err(unavailable(reason))
    }
}

pub(super) fn unavailable(reason: String) -> StoreUnavailable {
    StoreUnavailable {
        store: "Redis",
        reason,
    }
}

/// Whole milliseconds for Redis, at least one: it refuses a time to live of nothing.
pub(super) fn whole_millis(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, MAX_TTL_MILLIS)
}

/// Redis adds the time to live to the present and refuses what overflows: a thousand years fit.
const MAX_TTL_MILLIS: u64 = 1000 * 366 * 86_400 * 1000;
