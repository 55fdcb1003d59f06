//! Notices reach everyone here at once, and the other replicas soon.

use std::{collections::BTreeSet, time::Duration};

use futures::StreamExt;
use gage_application::ports::{
    clock::Entropy,
    wake::{Notice, WakeUps},
};
use gage_domain::ids::OrderId;
use gage_infrastructure::{
    clock::SystemEntropy,
    redis::{RedisStore, RedisWakeUps},
};
use redis::Client;
use tokio::{
    sync::broadcast::{Receiver, error::TryRecvError},
    time::timeout,
};

use crate::{own_prefix, own_store, redis_url, wake_ups};

/// Waits until this receiver has heard of `notice`.
pub(crate) async fn hears(receiver: &mut Receiver<Notice>, notice: Notice) -> bool {
    let heard = async { while receiver.recv().await.unwrap() != notice {} };
    timeout(Duration::from_secs(10), heard).await.is_ok()
}

/// Two replicas that hear each other.
pub(crate) async fn two_replicas(store: &RedisStore) -> (RedisWakeUps, RedisWakeUps) {
    let (one, other) = (wake_ups(store), wake_ups(store));
    connected(&one, &other).await;
    connected(&other, &one).await;
    (one, other)
}

/// Speaks until the other hears: whoever listens late misses what was said before.
pub(crate) async fn connected(from: &RedisWakeUps, to: &RedisWakeUps) {
    let mut receiver = to.subscribe();
    let probe = order();
    crate::eventually("the other replica hears", || {
        from.notify(probe);
        let heard = std::iter::from_fn(|| receiver.try_recv().ok()).any(|notice| notice == probe);
        std::future::ready(heard)
    })
    .await;
}

pub(crate) fn order() -> Notice {
    Notice::Order(OrderId(SystemEntropy.id()))
}

#[tokio::test]
async fn a_notice_is_heard_here_at_once() {
    let wake = wake_ups(&own_store());
    let mut receiver = wake.subscribe();
    let notice = order();
    wake.notify(notice);
    assert_eq!(receiver.try_recv(), Ok(notice));
}

#[tokio::test]
async fn a_notice_is_heard_by_the_other_replica_once_and_not_twice_at_home() {
    let (one, other) = two_replicas(&own_store()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (mut at_home, mut there) = (one.subscribe(), other.subscribe());
    let notice = order();
    one.notify(notice);
    assert!(hears(&mut there, notice).await);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(there.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(at_home.try_recv(), Ok(notice));
    assert_eq!(at_home.try_recv(), Err(TryRecvError::Empty));
}

#[tokio::test]
async fn every_kind_of_notice_travels() {
    let (one, other) = two_replicas(&own_store()).await;
    let mut there = other.subscribe();
    let id = SystemEntropy.id();
    for notice in [
        Notice::Appended,
        Notice::Order(OrderId(id)),
        Notice::ShopOrders(gage_domain::ids::ShopId(id)),
        Notice::Stock(gage_domain::ids::SkuId(id)),
    ] {
        one.notify(notice);
        assert!(hears(&mut there, notice).await, "{notice:?}");
    }
}

#[tokio::test]
async fn a_burst_travels_as_few_messages() {
    let prefix = own_prefix();
    let store = RedisStore::new(&redis_url(), &prefix).unwrap();
    let mut channel = Client::open(redis_url())
        .unwrap()
        .get_async_pubsub()
        .await
        .unwrap();
    channel
        .subscribe(format!("{prefix}wake-ups"))
        .await
        .unwrap();
    let mut messages = channel.into_on_message();
    let wake = wake_ups(&store);
    let orders: BTreeSet<Notice> = (0..3).map(|_| order()).collect();
    for notice in orders.iter().cycle().take(300) {
        wake.notify(*notice);
        // Time enough for a sender in a hurry to send each by itself.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut heard = BTreeSet::new();
    let mut count = 0;
    while let Ok(Some(message)) = timeout(Duration::from_millis(500), messages.next()).await {
        let text: String = message.get_payload().unwrap();
        heard.extend(
            text.lines()
                .skip(1)
                .map(|line| line.parse::<Notice>().unwrap()),
        );
        count += 1;
    }
    assert_eq!(heard, orders);
    assert!(
        count <= 150,
        "300 notices of 3 orders became {count} messages"
    );
}

#[tokio::test]
async fn what_another_version_says_is_passed_over() {
    let prefix = own_prefix();
    let store = RedisStore::new(&redis_url(), &prefix).unwrap();
    let (one, other) = two_replicas(&store).await;
    let mut there = other.subscribe();
    let notice = order();
    for text in [
        "",
        "x",
        "x\nunknown:1\n\nappended:1",
        &format!("x\nunknown:1\n{notice}"),
    ] {
        let mut connection = crate::behind(&redis_url()).await;
        let channel = format!("{prefix}wake-ups");
        redis::cmd("PUBLISH")
            .arg(channel)
            .arg(text)
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
    }
    assert!(hears(&mut there, notice).await);
    drop(one);
}

#[tokio::test]
async fn other_shops_hear_nothing() {
    let (one, _one_too) = two_replicas(&own_store()).await;
    let (other, _other_too) = two_replicas(&own_store()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut there = other.subscribe();
    one.notify(order());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(there.try_recv(), Err(TryRecvError::Empty));
}
