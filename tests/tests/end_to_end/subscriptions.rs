//! Followed live, and resumed without loss.

use gage_tests::{
    actors::{Person, Stock},
    node::wallet,
    stack::Stack,
    subscription::{Sent, Subscription},
};
use serde_json::{Value, json};

const ORDER: &str = "subscription($order: ID!, $after: Cursor) {
    orderUpdates(order: $order, after: $after) { cursor entry { event } order { status } } }";
const STOCK: &str = "subscription($product: ID!, $after: Cursor) {
    stock(product: $product, after: $after) { cursor product { available } } }";
const SHOP: &str = "subscription($shop: ID!, $after: Cursor) {
    shopOrders(shop: $shop, after: $after) { cursor order { id status } } }";

/// Reads updates until one names this event, and gives all events with the last cursor.
async fn events_until(subscription: &mut Subscription, last: &str) -> (Vec<String>, Value) {
    let mut events = Vec::new();
    loop {
        let update = subscription.next_data().await["orderUpdates"].clone();
        let event = update["entry"]["event"].as_str().unwrap().to_owned();
        events.push(event.clone());
        if event == last {
            return (events, update["cursor"].clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_followed_live_and_resumed_after_a_restart_without_loss() {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    let start = json!({ "order": order });
    let mut live = Subscription::open(&customer.client, ORDER, start).await;
    // It begins with how the order stands.
    let (_, cursor) = events_until(&mut live, "PAYMENT_REQUESTED").await;
    customer.pays(&stack.node.url(), &order).await;
    let (mut events, cursor_paid) = events_until(&mut live, "ORDER_PAID").await;
    events.retain(|event| event != "ATTEMPT_REPORTED");
    assert_eq!(
        events,
        ["PAYMENT_DETECTED", "PAYMENT_CONFIRMED", "ORDER_PAID"]
    );

    // Away while the owner approves and ships, and the server restarts.
    drop(live);
    owner.approves(&order).await.unwrap();
    stack.server.kill();
    stack.server.start().await;
    owner.ships(&order).await.unwrap();
    let resume = json!({ "order": order, "after": cursor_paid });
    let mut again = Subscription::open(&customer.client, ORDER, resume).await;
    let (mut events, _) = events_until(&mut again, "ORDER_SHIPPED").await;
    events.retain(|event| event != "ATTEMPT_REPORTED");
    assert_eq!(events, ["ORDER_APPROVED", "ORDER_SHIPPED"]);
    // From an older cursor everything comes once more, in order.
    let resume = json!({ "order": order, "after": cursor });
    let mut all = Subscription::open(&customer.client, ORDER, resume).await;
    let (mut events, _) = events_until(&mut all, "ORDER_SHIPPED").await;
    events.retain(|event| event != "ATTEMPT_REPORTED");
    assert_eq!(
        events,
        [
            "PAYMENT_DETECTED",
            "PAYMENT_CONFIRMED",
            "ORDER_PAID",
            "ORDER_APPROVED",
            "ORDER_SHIPPED"
        ]
    );
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_and_a_shops_orders_are_followed_across_servers() {
    let stack = Stack::new().await;
    let mut second = stack.replica();
    second.start().await;
    let owner = Person::signed_in(&second.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    let mut shelf = Subscription::open(&owner.client, STOCK, json!({ "product": tea })).await;
    assert_eq!(shelf.next_data().await["stock"]["product"]["available"], 10);
    let mut orders = Subscription::open(&owner.client, SHOP, json!({ "shop": shop })).await;
    // The socket answers in order: once this came back, both subscriptions are up.
    orders.send(json!({ "type": "ping" })).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;

    let order = customer.orders(&shop, &tea, 4).await.unwrap();
    let seen = shelf.next_data().await;
    assert_eq!(seen["stock"]["product"]["available"], 6);
    let arrived = orders.next_data().await;
    assert_eq!(arrived["shopOrders"]["order"]["id"], order.as_str());
    let cursor = arrived["shopOrders"]["cursor"].clone();
    drop(orders);
    customer.cancels(&order).await.unwrap();
    let resume = json!({ "shop": shop, "after": cursor });
    let mut again = Subscription::open(&owner.client, SHOP, resume).await;
    let changed = again.next_data().await;
    assert_eq!(changed["shopOrders"]["order"]["status"], "CANCELLED");
    second.stop();
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_follows_what_is_anothers() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    for (document, variables) in [
        (ORDER, json!({ "order": order })),
        (SHOP, json!({ "shop": shop })),
    ] {
        let mut nosy = Subscription::open(&stranger.client, document, variables).await;
        match nosy.next().await {
            Sent::Error(_) => {}
            Sent::Next(result) => assert!(!result["errors"].is_null(), "{result}"),
            other => panic!("not refused: {other:?}"),
        }
    }
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_takes_its_subscriptions_with_it() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.sees(&order, "AWAITING_PAYMENT").await;
    let mut live = Subscription::open(&customer.client, ORDER, json!({ "order": order })).await;
    events_until(&mut live, "PAYMENT_REQUESTED").await;
    customer
        .client
        .ask("mutation { signOut { signedOut } }", Value::Null)
        .await
        .unwrap();
    // Sessions are looked at every few seconds.
    match live.next().await {
        Sent::Next(result) => {
            assert_eq!(
                result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
                "{result}"
            );
        }
        Sent::Closed(_) | Sent::Complete | Sent::Error(_) => {}
    }
    owner.rejects(&order, "closed").await.unwrap();
    let afterwards = tokio::time::timeout(std::time::Duration::from_secs(3), live.next()).await;
    if let Ok(Sent::Next(result)) = afterwards {
        panic!("told after the session's end: {result}");
    }
    stack.end().await;
}
