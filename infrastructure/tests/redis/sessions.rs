//! Sessions are found by their token alone, end when told to, and leave no token behind.

use std::time::Duration;

use gage_application::ports::session::{Session, Sessions};
use gage_domain::value::Address;
use gage_infrastructure::redis::{RedisSessions, RedisStore};
use redis::AsyncCommands;
use time::{OffsetDateTime, macros::datetime};

use crate::{behind, keys_of, own_prefix, own_store, redis_url};

const HOUR: Duration = Duration::from_hours(1);
const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn session_of(wallet: u8) -> Session {
    Session {
        address: Address::repeat_byte(wallet),
        chain_id: 1337,
        issued_at: NOW,
        expires_at: NOW + HOUR,
    }
}

#[tokio::test]
async fn an_open_session_is_found_by_its_token() {
    let sessions = RedisSessions::new(own_store());
    sessions
        .open("token-a", &session_of(1), HOUR)
        .await
        .unwrap();
    assert_eq!(sessions.find("token-a").await, Ok(Some(session_of(1))));
    assert_eq!(sessions.find("token-b").await, Ok(None));
    assert_eq!(sessions.find("").await, Ok(None));
}

#[tokio::test]
async fn one_session_is_revoked_and_the_wallets_others_stay() {
    let sessions = RedisSessions::new(own_store());
    sessions.open("phone", &session_of(1), HOUR).await.unwrap();
    sessions.open("laptop", &session_of(1), HOUR).await.unwrap();
    assert_eq!(sessions.revoke("phone").await, Ok(true));
    assert_eq!(sessions.revoke("phone").await, Ok(false));
    assert_eq!(sessions.find("phone").await, Ok(None));
    assert_eq!(sessions.find("laptop").await, Ok(Some(session_of(1))));
}

#[tokio::test]
async fn all_sessions_of_a_wallet_are_revoked_and_no_others() {
    let sessions = RedisSessions::new(own_store());
    for token in ["phone", "laptop", "tablet"] {
        sessions.open(token, &session_of(1), HOUR).await.unwrap();
    }
    sessions.open("other", &session_of(2), HOUR).await.unwrap();
    sessions.revoke("tablet").await.unwrap();
    assert_eq!(sessions.revoke_all(Address::repeat_byte(1)).await, Ok(2));
    assert_eq!(sessions.revoke_all(Address::repeat_byte(1)).await, Ok(0));
    assert_eq!(sessions.find("phone").await, Ok(None));
    assert_eq!(sessions.find("laptop").await, Ok(None));
    assert_eq!(sessions.find("other").await, Ok(Some(session_of(2))));
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let sessions = RedisSessions::new(own_store());
    sessions
        .open("token", &session_of(1), Duration::from_millis(60))
        .await
        .unwrap();
    assert!(sessions.find("token").await.unwrap().is_some());
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(sessions.find("token").await, Ok(None));
    assert_eq!(sessions.revoke_all(Address::repeat_byte(1)).await, Ok(0));
}

#[tokio::test]
async fn a_short_session_does_not_hide_a_long_one_from_revoking_all() {
    let sessions = RedisSessions::new(own_store());
    sessions.open("long", &session_of(1), HOUR).await.unwrap();
    sessions
        .open("short", &session_of(1), Duration::from_millis(60))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(sessions.revoke_all(Address::repeat_byte(1)).await, Ok(1));
    assert_eq!(sessions.find("long").await, Ok(None));
}

#[tokio::test]
async fn a_long_session_after_a_short_one_is_revoked_too() {
    let sessions = RedisSessions::new(own_store());
    sessions
        .open("short", &session_of(1), Duration::from_millis(60))
        .await
        .unwrap();
    sessions.open("long", &session_of(1), HOUR).await.unwrap();
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(sessions.revoke_all(Address::repeat_byte(1)).await, Ok(1));
}

#[tokio::test]
async fn the_token_itself_is_nowhere_in_the_store() {
    let prefix = own_prefix();
    let sessions = RedisSessions::new(RedisStore::new(&redis_url(), &prefix).unwrap());
    sessions
        .open("very-secret-token", &session_of(1), HOUR)
        .await
        .unwrap();
    let keys = keys_of(&prefix).await;
    let hash = "01cadf3913faccbfe18b8aef5814a5469e6e35f9980a9305a99798bceef43d8f";
    let mut connection = behind(&redis_url()).await;
    let mut seen = keys.join(" ");
    for key in &keys {
        let kind: String = redis::cmd("TYPE")
            .arg(key)
            .query_async(&mut connection)
            .await
            .unwrap();
        seen += &match kind.as_str() {
            "string" => connection.get::<_, String>(key).await.unwrap(),
            "zset" => connection
                .zrange::<_, Vec<String>>(key, 0, -1)
                .await
                .unwrap()
                .join(" "),
            other => panic!("a {other} at {key}"),
        };
        let ttl: i64 = connection.pttl(key).await.unwrap();
        assert!((1..=3_600_000).contains(&ttl), "{key} lives for {ttl} ms");
    }
    assert!(!seen.contains("very-secret-token"), "{seen}");
    assert_eq!(
        seen.matches(hash).count(),
        2,
        "its SHA-256 as key and in the list: {seen}"
    );
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_none() {
    let prefix = own_prefix();
    let sessions = RedisSessions::new(RedisStore::new(&redis_url(), &prefix).unwrap());
    sessions.open("token", &session_of(1), HOUR).await.unwrap();
    let key = keys_of(&prefix)
        .await
        .into_iter()
        .find(|key| key.contains("session:"))
        .unwrap();
    let mut connection = behind(&redis_url()).await;
    connection
        .set::<_, _, ()>(&key, r#"{"address":"of another version"}"#)
        .await
        .unwrap();
    assert_eq!(sessions.find("token").await, Ok(None));
}

#[tokio::test]
async fn hashes_of_ended_sessions_leave_the_wallets_list() {
    let prefix = own_prefix();
    let sessions = RedisSessions::new(RedisStore::new(&redis_url(), &prefix).unwrap());
    sessions.open("old", &session_of(1), HOUR).await.unwrap();
    let later = NOW + HOUR;
    let new = Session {
        issued_at: later,
        expires_at: later + HOUR,
        ..session_of(1)
    };
    sessions.open("new", &new, HOUR).await.unwrap();
    let list = keys_of(&prefix)
        .await
        .into_iter()
        .find(|key| key.contains("sessions-of:"))
        .unwrap();
    let left: u64 = behind(&redis_url()).await.zcard(&list).await.unwrap();
    assert_eq!(left, 1);
}
