//! The adapters over Redis, against a real one: `REDIS_URL` for what works, a private server
//! that is stopped and started for what does when Redis is away.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that panics fails its test, as it should"
)]

mod away;
mod nonces;
mod private_server;
mod rate_limits;
mod sessions;
mod wake_ups;

use std::{future::Future, sync::Arc, time::Duration};

use gage_application::ports::clock::Entropy;
use gage_infrastructure::{
    clock::SystemEntropy,
    redis::{RedisStore, RedisWakeUps},
};
use redis::{Client, aio::MultiplexedConnection};

/// The server's URL.
fn redis_url() -> String {
    std::env::var("REDIS_URL")
        .expect("REDIS_URL is not set: script/test starts a Redis and sets it")
}

/// A prefix that no other test uses.
fn own_prefix() -> String {
    format!("gage-test:{}:", SystemEntropy.id())
}

/// A store on the shared server.
fn own_store() -> RedisStore {
    RedisStore::new(&redis_url(), &own_prefix()).unwrap()
}

fn wake_ups(store: &RedisStore) -> RedisWakeUps {
    RedisWakeUps::start(store.clone(), Arc::new(SystemEntropy))
}

/// A connection of the test's own, to look behind the adapter.
async fn behind(url: &str) -> MultiplexedConnection {
    Client::open(url)
        .unwrap()
        .get_multiplexed_async_connection()
        .await
        .unwrap()
}

/// Every key of a prefix with its type.
async fn keys_of(prefix: &str) -> Vec<String> {
    let mut keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{prefix}*"))
        .query_async(&mut behind(&redis_url()).await)
        .await
        .unwrap();
    keys.sort();
    keys
}

/// Tries until it holds; panics after ten seconds.
async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never happened: {what}");
}
