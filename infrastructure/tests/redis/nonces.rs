//! A nonce is good once, and not for long.

use std::time::Duration;

use futures::future::join_all;
use gage_application::ports::nonce::Nonces;
use gage_infrastructure::redis::RedisNonces;

use crate::{keys_of, own_prefix, own_store};

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn an_issued_nonce_is_taken_once() {
    let nonces = RedisNonces::new(own_store());
    nonces.issue("abcDEF12", MINUTE).await.unwrap();
    assert_eq!(nonces.take("abcDEF12").await, Ok(true));
    assert_eq!(nonces.take("abcDEF12").await, Ok(false), "a replay");
}

#[tokio::test]
async fn a_nonce_that_nobody_issued_is_not_taken() {
    let nonces = RedisNonces::new(own_store());
    nonces.issue("abcDEF12", MINUTE).await.unwrap();
    assert_eq!(nonces.take("abcdef12").await, Ok(false));
    assert_eq!(nonces.take("").await, Ok(false));
}

#[tokio::test]
async fn of_a_hundred_that_race_for_a_nonce_one_gets_it() {
    let nonces = RedisNonces::new(own_store());
    nonces.issue("contested", MINUTE).await.unwrap();
    let racers = (0..100).map(|_| {
        let nonces = nonces.clone();
        async move {
            tokio::spawn(async move { nonces.take("contested").await })
                .await
                .unwrap()
        }
    });
    let taken = join_all(racers).await;
    assert_eq!(
        taken.into_iter().filter(|taken| *taken == Ok(true)).count(),
        1
    );
}

#[tokio::test]
async fn a_nonce_runs_out() {
    let nonces = RedisNonces::new(own_store());
    nonces
        .issue("shortlived", Duration::from_millis(60))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(90)).await;
    assert_eq!(nonces.take("shortlived").await, Ok(false));
}

#[tokio::test]
async fn a_nonce_is_not_issued_twice() {
    let nonces = RedisNonces::new(own_store());
    nonces
        .issue("repeated", Duration::from_millis(200))
        .await
        .unwrap();
    let again = nonces.issue("repeated", MINUTE).await.unwrap_err();
    assert_eq!(again.store, "Redis");
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(
        nonces.take("repeated").await,
        Ok(false),
        "its life was not made longer"
    );
}

#[tokio::test]
async fn a_life_of_nothing_and_of_for_ever_are_no_errors() {
    let nonces = RedisNonces::new(own_store());
    nonces.issue("instant", Duration::ZERO).await.unwrap();
    nonces.issue("eternal", Duration::MAX).await.unwrap();
    assert_eq!(nonces.take("eternal").await, Ok(true));
}

#[tokio::test]
async fn shops_on_one_server_do_not_see_each_other() {
    let (here, there) = (RedisNonces::new(own_store()), RedisNonces::new(own_store()));
    here.issue("abcDEF12", MINUTE).await.unwrap();
    assert_eq!(there.take("abcDEF12").await, Ok(false));
    assert_eq!(here.take("abcDEF12").await, Ok(true));
}

#[tokio::test]
async fn a_taken_nonce_leaves_nothing_behind() {
    let prefix = own_prefix();
    let store = gage_infrastructure::redis::RedisStore::new(&crate::redis_url(), &prefix).unwrap();
    let nonces = RedisNonces::new(store);
    nonces.issue("abcDEF12", MINUTE).await.unwrap();
    assert_eq!(keys_of(&prefix).await, [format!("{prefix}nonce:abcDEF12")]);
    nonces.take("abcDEF12").await.unwrap();
    assert_eq!(keys_of(&prefix).await, Vec::<String>::new());
}
