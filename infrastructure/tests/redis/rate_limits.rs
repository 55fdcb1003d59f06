//! So often in so long, for everybody together.

use std::time::Duration;

use futures::future::join_all;
use gage_application::ports::rate_limit::{Lease, Limit, Permit, RateLimiter};
use gage_infrastructure::redis::RedisRateLimiter;

use crate::own_store;

const THREE_A_MINUTE: Limit = Limit {
    times: 3,
    per: Duration::from_mins(1),
};

async fn tries(limiter: &RedisRateLimiter, key: &str, limit: Limit, times: usize) -> Vec<Permit> {
    let mut permits = Vec::new();
    for _ in 0..times {
        permits.push(limiter.acquire(key, limit).await.unwrap());
    }
    permits
}

#[tokio::test]
async fn what_fits_is_granted_and_the_next_is_told_when_to_come_back() {
    let limiter = RedisRateLimiter::new(own_store());
    let permits = tries(&limiter, "a", THREE_A_MINUTE, 4).await;
    assert_eq!(permits[..3], [Permit::Granted; 3]);
    let Permit::RetryAfter(wait) = permits[3] else {
        panic!("the fourth was granted")
    };
    // A place comes free every 20 seconds.
    assert!(
        wait <= Duration::from_secs(20) && wait > Duration::from_secs(15),
        "{wait:?}"
    );
}

#[tokio::test]
async fn of_several_at_once_as_many_as_fit_are_leased() {
    let limiter = RedisRateLimiter::new(own_store());
    let ten = Limit {
        times: 10,
        per: Duration::from_hours(1),
    };
    assert_eq!(limiter.lease("a", ten, 4).await, Ok(Lease::Granted(4)));
    assert_eq!(limiter.acquire("a", ten).await, Ok(Permit::Granted));
    assert_eq!(limiter.lease("a", ten, 100).await, Ok(Lease::Granted(5)));
    let refused = limiter.lease("a", ten, 4).await.unwrap();
    let Lease::RetryAfter(wait) = refused else {
        panic!("{refused:?}")
    };
    assert!(wait <= Duration::from_mins(6), "{wait:?}");
}

#[tokio::test]
async fn keys_are_counted_apart() {
    let limiter = RedisRateLimiter::new(own_store());
    tries(&limiter, "a", THREE_A_MINUTE, 4).await;
    assert_eq!(
        limiter.acquire("b", THREE_A_MINUTE).await,
        Ok(Permit::Granted)
    );
}

#[tokio::test]
async fn who_waits_as_told_is_granted_and_who_keeps_trying_loses_nothing() {
    let limiter = RedisRateLimiter::new(own_store());
    let limit = Limit {
        times: 2,
        per: Duration::from_millis(600),
    };
    let permits = tries(&limiter, "a", limit, 20).await;
    let Permit::RetryAfter(wait) = permits[19] else {
        panic!("the 20th was granted")
    };
    assert!(
        wait <= Duration::from_millis(300),
        "refused tries pushed it to {wait:?}"
    );
    tokio::time::sleep(wait + Duration::from_millis(5)).await;
    assert_eq!(limiter.acquire("a", limit).await, Ok(Permit::Granted));
    assert_ne!(
        limiter.acquire("a", limit).await,
        Ok(Permit::Granted),
        "one place came free, not two"
    );
}

#[tokio::test]
async fn of_a_hundred_at_once_as_many_as_fit_are_granted() {
    let store = own_store();
    let limit = Limit {
        times: 10,
        per: Duration::from_hours(1),
    };
    let tries = (0..100).map(|_| {
        let limiter = RedisRateLimiter::new(store.clone());
        async move {
            tokio::spawn(async move { limiter.acquire("a", limit).await })
                .await
                .unwrap()
        }
    });
    let permits = join_all(tries).await;
    assert_eq!(
        permits
            .into_iter()
            .filter(|permit| *permit == Ok(Permit::Granted))
            .count(),
        10
    );
}

#[tokio::test]
async fn a_limit_that_does_not_divide_evenly_still_grants_all_of_it() {
    let limiter = RedisRateLimiter::new(own_store());
    let limit = Limit {
        times: 7,
        per: Duration::from_hours(1),
    };
    let permits = tries(&limiter, "a", limit, 8).await;
    assert_eq!(
        permits
            .iter()
            .filter(|permit| **permit == Permit::Granted)
            .count(),
        7
    );
}

#[tokio::test]
async fn the_ends_of_the_range_are_no_errors() {
    let limiter = RedisRateLimiter::new(own_store());
    let never = Limit {
        times: 0,
        per: Duration::from_secs(5),
    };
    assert_eq!(
        limiter.acquire("never", never).await,
        Ok(Permit::RetryAfter(never.per))
    );
    let always = Limit {
        times: 1,
        per: Duration::ZERO,
    };
    assert_eq!(
        tries(&limiter, "always", always, 3).await,
        [Permit::Granted; 3]
    );
    let once = Limit {
        times: 1,
        per: Duration::from_hours(100 * 366 * 24),
    };
    assert_eq!(limiter.acquire("once", once).await, Ok(Permit::Granted));
    assert!(matches!(
        limiter.acquire("once", once).await,
        Ok(Permit::RetryAfter(_))
    ));
}
