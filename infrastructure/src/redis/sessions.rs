//! Sessions: the hash of a token leads to who is signed in.

use std::time::Duration;

use async_trait::async_trait;
use gage_application::ports::{
    StoreUnavailable,
    session::{Session, Sessions},
};
use gage_domain::value::Address;
use redis::{Script, cmd, pipe};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tracing::warn;

use super::store::{RedisStore, unavailable, whole_millis};

/// Sessions in Redis.
#[derive(Clone)]
pub struct RedisSessions {
    store: RedisStore,
    revoke_all: Script,
}

impl RedisSessions {
    /// Over this store.
    pub fn new(store: RedisStore) -> Self {
        Self {
            store,
            revoke_all: Script::new(include_str!("revoke_all.lua")),
        }
    }

    fn session_key(&self, token: &str) -> String {
        self.store.key("session", &hash(token))
    }

    fn wallet_key(&self, address: Address) -> String {
        self.store.key("sessions-of", &address.to_string())
    }
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn open(
        &self,
        token: &str,
        session: &Session,
        ttl: Duration,
    ) -> Result<(), StoreUnavailable> {
        let json = serde_json::to_string(session)
            .map_err(|error| unavailable(format!("a session has no JSON form: {error}")))?;
        let (ttl, wallet) = (whole_millis(ttl), self.wallet_key(session.address));
        let mut connection = self.store.connection();
        // All or nothing, or a session could stand that revoking all would not find.
        let mut open = pipe();
        open.atomic()
            .cmd("SET").arg(self.session_key(token)).arg(json).arg("PX").arg(ttl).ignore()
            // Those that have ended meanwhile leave the wallet's list.
            .cmd("ZREMRANGEBYSCORE").arg(&wallet).arg("-inf").arg(seconds(session.issued_at)).ignore()
            .cmd("ZADD").arg(&wallet).arg(seconds(session.expires_at)).arg(hash(token)).ignore()
            // The list lives as long as its longest session: NX for a new list, GT for a longer life.
            .cmd("PEXPIRE").arg(&wallet).arg(ttl).arg("NX").ignore()
            .cmd("PEXPIRE").arg(&wallet).arg(ttl).arg("GT").ignore();
        self.store
            .call(async move { open.query_async(&mut connection).await })
            .await
    }

    async fn find(&self, token: &str) -> Result<Option<Session>, StoreUnavailable> {
        let mut connection = self.store.connection();
        let mut get = cmd("GET");
        get.arg(self.session_key(token));
        let json: Option<String> = self
            .store
            .call(async move { get.query_async(&mut connection).await })
            .await?;
        Ok(json.and_then(|json| read(&json)))
    }

    async fn revoke(&self, token: &str) -> Result<bool, StoreUnavailable> {
        let mut connection = self.store.connection();
        let mut take = cmd("GETDEL");
        take.arg(self.session_key(token));
        let json: Option<String> = self
            .store
            .call(async move { take.query_async(&mut connection).await })
            .await?;
        let Some(json) = json else { return Ok(false) };
        // The session is over. A hash that stays in the wallet's list leads nowhere and leaves
        // with the next sign-in, so failing here is no failure.
        if let Some(session) = read(&json) {
            let mut connection = self.store.connection();
            let mut forget = cmd("ZREM");
            forget
                .arg(self.wallet_key(session.address))
                .arg(hash(token));
            let _ = self
                .store
                .call(async move { forget.query_async::<()>(&mut connection).await })
                .await;
        }
        Ok(true)
    }

    async fn revoke_all(&self, address: Address) -> Result<u64, StoreUnavailable> {
        let mut connection = self.store.connection();
        let mut script = self.revoke_all.prepare_invoke();
        script
            .key(self.wallet_key(address))
            .arg(self.store.key("session", ""));
        self.store
            .call(async move { script.invoke_async(&mut connection).await })
            .await
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// A session that cannot be read, as after a change of its form, is none: its owner signs in again.
fn read(json: &str) -> Option<Session> {
    serde_json::from_str(json)
        .inspect_err(|error| warn!(%error, "a session cannot be read and counts as ended"))
        .ok()
}

fn seconds(time: OffsetDateTime) -> i64 {
    time.unix_timestamp()
}
