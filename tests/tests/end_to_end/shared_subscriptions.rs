//! Many who follow the same cost as much as one, and each is told all that it may see.

use std::time::Duration;

use futures::future::join_all;
use gage_tests::{
    actors::{Person, Stock},
    client::Client,
    node::wallet,
    stack::Stack,
    subscription::{Sent, Subscription},
    wait::until,
};
use serde_json::{Value, json};

const STOCK: &str = "subscription($product: ID!, $after: Cursor) {
    stock(product: $product, after: $after) { cursor product { available } } }";
const COUNTED: &str = "subscription($product: ID!, $after: Cursor) {
    stock(product: $product, after: $after) { cursor product { available onHand } } }";
const ORDER: &str = "subscription($order: ID!, $after: Cursor) {
    orderUpdates(order: $order, after: $after) { cursor entry { event } order { status } } }";

const LOOKS: &str = "gage_subscription_looks_total";
const CHANNELS: &str = "gage_subscription_channels";

async fn channels(stack: &Stack, expected: u32) {
    until(
        "all have their seats",
        Duration::from_secs(20),
        async || {
            let open = stack.server.metric(CHANNELS, "").await;
            ((open - f64::from(expected)).abs() < 0.5).then_some(())
        },
    )
    .await;
}

async fn available(subscription: &mut Subscription) -> u64 {
    let data = subscription.next_data().await;
    data["stock"]["product"]["available"].as_u64().unwrap()
}

/// Reads until this many are available: of changes that come together only the newest is told.
async fn until_available(subscription: &mut Subscription, expected: u64) {
    let mut last = 0;
    while last != expected {
        let now = available(subscription).await;
        assert!(now > last, "{now} after {last}");
        last = now;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looks_at_the_read_model_do_not_grow_with_those_who_follow() {
    const CHANGES: u32 = 10;
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let nobody = Client::new(&url);
    for followers in [2_usize, 100] {
        let tea = owner.sells(&shop, "Green tea", 5_000, 1).await;
        owner.finds(&tea, Stock::of(1, 0)).await;
        let start = json!({ "product": tea });
        let open = (0..followers).map(|_| Subscription::open(&nobody, STOCK, start.clone()));
        let mut open = join_all(open).await;
        for subscription in &mut open {
            assert_eq!(available(subscription).await, 1);
        }
        channels(&stack, 1).await;
        // A first change finds everyone seated.
        owner.receives_stock(&tea, 1).await.unwrap();
        for subscription in &mut open {
            until_available(subscription, 2).await;
        }
        let before = stack.server.metric(LOOKS, "").await;
        for _ in 0..CHANGES {
            owner.receives_stock(&tea, 1).await.unwrap();
        }
        let all = u64::from(2 + CHANGES);
        join_all(open.iter_mut().map(|one| until_available(one, all))).await;
        let looks = stack.server.metric(LOOKS, "").await - before;
        // One that finds the change and one that finds no more, and a few for nothing.
        let bound = f64::from(2 * CHANGES + 10);
        assert!(looks <= bound, "{looks} looks for {followers} followers");
        drop(open);
        channels(&stack, 0).await;
    }
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_late_with_an_old_cursor_misses_nothing() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    let events = async |subscription: &mut Subscription, last: &str| {
        let mut events = Vec::new();
        while events.last().is_none_or(|event| event != last) {
            let update = subscription.next_data().await["orderUpdates"].clone();
            events.push(update["entry"]["event"].as_str().unwrap().to_owned());
        }
        events
    };
    let start = json!({ "order": order });
    let mut first = Subscription::open(&customer.client, ORDER, start.clone()).await;
    events(&mut first, "PAYMENT_REQUESTED").await;
    customer.pays(&stack.node.url(), &order).await;
    events(&mut first, "ORDER_PAID").await;
    owner.approves(&order).await.unwrap();
    events(&mut first, "ORDER_APPROVED").await;

    // From the very beginning, while the first one goes on.
    let old = json!({ "order": order, "after": "MC0w" });
    let mut late = Subscription::open(&customer.client, ORDER, old).await;
    let mut told = events(&mut late, "ORDER_APPROVED").await;
    told.retain(|event| event != "ATTEMPT_REPORTED");
    let all = [
        "ORDER_PLACED",
        "PAYMENT_REQUESTED",
        "PAYMENT_DETECTED",
        "PAYMENT_CONFIRMED",
        "ORDER_PAID",
        "ORDER_APPROVED",
    ];
    assert_eq!(told, all);
    // The owner follows the same order, and is told the same by an execution of their own.
    let mut theirs = Subscription::open(&owner.client, ORDER, start.clone()).await;
    assert_eq!(
        events(&mut theirs, "ORDER_APPROVED").await,
        ["ORDER_APPROVED"]
    );
    channels(&stack, 2).await;
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let mut nosy = Subscription::open(&stranger.client, ORDER, start).await;
    match nosy.next().await {
        Sent::Error(_) => {}
        Sent::Next(result) => assert!(!result["errors"].is_null(), "{result}"),
        other => panic!("not refused: {other:?}"),
    }
    owner.ships(&order).await.unwrap();
    for subscription in [&mut first, &mut late, &mut theirs] {
        assert_eq!(
            events(subscription, "ORDER_SHIPPED").await,
            ["ORDER_SHIPPED"]
        );
    }
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_owner_sees_of_a_product_is_not_told_to_who_follows_with_them() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let nobody = Client::new(&url);
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    let cursor = {
        let mut shelf = Subscription::open(&nobody, STOCK, json!({ "product": tea })).await;
        shelf.next_data().await["stock"]["cursor"].clone()
    };
    // Nobody is told anything at first, so nothing shows yet that their answers will differ.
    let resume = json!({ "product": tea, "after": cursor });
    let askers = [
        &owner.client,
        &nobody,
        &customer.client,
        &nobody,
        &owner.client,
    ];
    let mut open = Vec::new();
    for asker in askers {
        open.push(Subscription::open(asker, COUNTED, resume.clone()).await);
    }
    channels(&stack, 1).await;
    for on_hand in 11..15_u64 {
        owner.receives_stock(&tea, 1).await.unwrap();
        for (place, subscription) in open.iter_mut().enumerate() {
            let shown = if place % 4 == 0 {
                json!(on_hand)
            } else {
                Value::Null
            };
            let told = subscription.next_data().await["stock"]["product"].clone();
            assert_eq!(told, json!({ "available": on_hand, "onHand": shown }));
        }
    }
    // The owner, the customer, and all who are nobody.
    channels(&stack, 3).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_takes_no_one_elses_subscription_with_it() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let leaving = Person::signed_in(&url, wallet(1)).await;
    let staying = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = leaving.orders(&shop, &tea, 1).await.unwrap();
    leaving.sees(&order, "AWAITING_PAYMENT").await;
    let start = json!({ "order": order });
    let mut gone = Subscription::open(&leaving.client, ORDER, start.clone()).await;
    gone.next_data().await;
    let mut live = Subscription::open(&staying.client, ORDER, start).await;
    live.next_data().await;
    // One execution for both sessions of the wallet, begun by the one that leaves.
    channels(&stack, 1).await;
    let sign_out = leaving
        .client
        .ask("mutation { signOut { signedOut } }", Value::Null);
    sign_out.await.unwrap();
    match gone.next().await {
        Sent::Next(result) => {
            assert_eq!(result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        }
        Sent::Error(_) => {}
        other => panic!("not ended: {other:?}"),
    }
    owner.rejects(&order, "closed").await.unwrap();
    let told = live.next_data().await;
    assert_eq!(told["orderUpdates"]["order"]["status"], "REJECTED");
    stack.end().await;
}
