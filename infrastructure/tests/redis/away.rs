//! Redis away at the start, killed in the middle, or silent: errors that come soon, writes that
//! go on, and everything working again by itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use gage_application::ports::{
    nonce::Nonces,
    rate_limit::{Limit, Permit, RateLimiter},
    session::{Session, Sessions},
    wake::{Notice, WakeUps},
};
use gage_domain::value::Address;
use gage_infrastructure::redis::{RedisNonces, RedisRateLimiter, RedisSessions, RedisStore};
use time::macros::datetime;

use crate::{
    eventually,
    private_server::PrivateServer,
    wake_ups,
    wake_ups::{connected, hears, order, two_replicas},
};

const HOUR: Duration = Duration::from_hours(1);
/// A call is given up after two seconds; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(4);

fn session() -> Session {
    let issued_at = datetime!(2026-03-01 12:00 UTC);
    Session {
        address: Address::ZERO,
        chain_id: 1,
        issued_at,
        expires_at: issued_at + HOUR,
    }
}

#[tokio::test]
async fn a_server_starts_without_redis_and_uses_it_when_it_comes() {
    let mut server = PrivateServer::not_started();
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let nonces = RedisNonces::new(store.clone());
    let asked = Instant::now();
    assert_eq!(
        nonces.issue("abcDEF12", HOUR).await.unwrap_err().store,
        "Redis"
    );
    assert_eq!(store.ping().await.unwrap_err().store, "Redis");
    assert!(asked.elapsed() < 2 * SOON, "it took {:?}", asked.elapsed());
    server.start_again().await;
    eventually("nonces are issued", || async {
        nonces.issue("abcDEF12", HOUR).await.is_ok()
    })
    .await;
    assert_eq!(nonces.take("abcDEF12").await, Ok(true));
}

#[tokio::test]
async fn killing_redis_signs_people_out_and_loses_nothing_else() {
    let mut server = PrivateServer::start().await;
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let sessions = RedisSessions::new(store.clone());
    let nonces = RedisNonces::new(store.clone());
    let limiter = RedisRateLimiter::new(store.clone());
    let once = Limit {
        times: 1,
        per: HOUR,
    };
    sessions.open("token", &session(), HOUR).await.unwrap();
    assert_eq!(limiter.acquire("a", once).await, Ok(Permit::Granted));

    server.kill();
    let asked = Instant::now();
    assert!(
        sessions.find("token").await.is_err(),
        "not found is another answer than not known"
    );
    assert!(sessions.open("token", &session(), HOUR).await.is_err());
    assert!(sessions.revoke("token").await.is_err());
    assert!(sessions.revoke_all(Address::ZERO).await.is_err());
    assert!(nonces.take("abcDEF12").await.is_err());
    assert!(limiter.acquire("a", once).await.is_err());
    assert!(
        asked.elapsed() < 6 * SOON,
        "six calls took {:?}",
        asked.elapsed()
    );

    server.start_again().await;
    eventually("sessions are looked up", || async {
        sessions.find("token").await == Ok(None)
    })
    .await;
    // The scripts are gone from the server's memory too, and are loaded again.
    assert_eq!(limiter.acquire("a", once).await, Ok(Permit::Granted));
    sessions.open("token", &session(), HOUR).await.unwrap();
    assert_eq!(sessions.revoke_all(Address::ZERO).await, Ok(1));
}

#[tokio::test]
async fn flushing_redis_signs_people_out() {
    let server = PrivateServer::start().await;
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let (sessions, limiter) = (
        RedisSessions::new(store.clone()),
        RedisRateLimiter::new(store),
    );
    let once = Limit {
        times: 1,
        per: HOUR,
    };
    sessions.open("token", &session(), HOUR).await.unwrap();
    limiter.acquire("a", once).await.unwrap();
    let mut connection = crate::behind(&server.url()).await;
    for command in ["FLUSHALL", "SCRIPT FLUSH"] {
        let mut parts = command.split(' ');
        let mut flush = redis::cmd(parts.next().unwrap());
        parts.for_each(|part| {
            flush.arg(part);
        });
        flush.query_async::<()>(&mut connection).await.unwrap();
    }
    assert_eq!(sessions.find("token").await, Ok(None));
    assert_eq!(limiter.acquire("a", once).await, Ok(Permit::Granted));
}

#[tokio::test]
async fn a_silent_redis_is_given_up_soon_and_used_again_when_it_speaks() {
    let server = PrivateServer::start().await;
    let nonces = RedisNonces::new(RedisStore::new(&server.url(), "gage:").unwrap());
    nonces.issue("abcDEF12", HOUR).await.unwrap();
    server.freeze();
    let asked = Instant::now();
    let silent = nonces.issue("another1", HOUR).await;
    let took = asked.elapsed();
    server.thaw();
    assert!(silent.is_err());
    assert!(took < SOON, "it took {took:?}");
    eventually("nonces are taken", || async {
        nonces.take("abcDEF12").await == Ok(true)
    })
    .await;
}

#[tokio::test]
async fn a_lost_redis_neither_blocks_nor_fails_a_notice_and_is_heard_again_later() {
    let mut server = PrivateServer::start().await;
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let (one, other) = two_replicas(&store).await;

    server.kill();
    let mut at_home = one.subscribe();
    let asked = Instant::now();
    for _ in 0..10_000 {
        one.notify(Notice::Appended);
    }
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "10,000 notices took {:?}",
        asked.elapsed()
    );
    let notice = order();
    let mut after_the_flood = one.subscribe();
    one.notify(notice);
    assert_eq!(
        after_the_flood.try_recv(),
        Ok(notice),
        "at home it is heard"
    );
    assert!(at_home.recv().await.is_err(), "who lags is told so");

    server.start_again().await;
    connected(&one, &other).await;
    connected(&other, &one).await;
}

#[tokio::test]
async fn who_hears_again_after_silence_is_woken_for_what_it_may_have_missed() {
    let mut server = PrivateServer::start().await;
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let (_one, other) = two_replicas(&store).await;
    server.kill();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut there = other.subscribe();
    server.start_again().await;
    assert!(hears(&mut there, Notice::Appended).await);
}

#[tokio::test]
async fn notices_to_a_redis_that_was_never_there_are_told_at_home() {
    let server = PrivateServer::not_started();
    let wake = wake_ups(&RedisStore::new(&server.url(), "gage:").unwrap());
    let mut at_home = wake.subscribe();
    wake.notify(Notice::Appended);
    assert_eq!(at_home.recv().await, Ok(Notice::Appended));
}

#[tokio::test]
async fn the_tasks_end_with_the_value() {
    let server = PrivateServer::start().await;
    let store = RedisStore::new(&server.url(), "gage:").unwrap();
    let (one, other) = two_replicas(&store).await;
    let mut connection = crate::behind(&server.url()).await;
    drop((one, other));
    let connection = Arc::new(tokio::sync::Mutex::new(&mut connection));
    eventually("nobody listens on the channel", || async {
        let mut connection = connection.lock().await;
        let answer: (String, u64) = redis::cmd("PUBSUB")
            .arg("NUMSUB")
            .arg("gage:wake-ups")
            .query_async(&mut **connection)
            .await
            .unwrap();
        answer.1 == 0
    })
    .await;
}

#[test]
fn a_url_that_is_none_is_an_error_that_hides_it() {
    for url in [
        "",
        "http://localhost",
        "redis://:secret@",
        "localhost:6379:secret",
    ] {
        let Err(error) = RedisStore::new(url, "gage:") else {
            panic!("{url:?} is accepted")
        };
        assert!(error.to_string().contains("REDIS_URL") && !error.to_string().contains("secret"));
    }
}
