//! Payment windows that end, also while nobody watches.

use std::time::Duration;

use gage_tests::{
    actors::{Person, Stock},
    node::wallet,
    stack::Stack,
};

/// A short window, and clocks that may differ by a second.
const SHORT: [(&str, &str); 2] = [
    ("GAGE_PAYMENT_WINDOW_SECS", "3"),
    ("GAGE_EXPIRY_GRACE_SECS", "1"),
];

async fn releases(stack: &Stack) -> i64 {
    let pool = stack.database.pool().await;
    let count =
        sqlx::query_scalar("SELECT count(*) FROM events WHERE event_type = 'ReservationReleased'")
            .fetch_one(&pool)
            .await
            .unwrap();
    pool.close().await;
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaid_order_expires_and_its_stock_comes_back_once() {
    let stack = Stack::with(&SHORT).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 4).await.unwrap();
    let page = customer.sees(&order, "EXPIRED").await;
    assert_eq!(page["payment"]["status"], "EXPIRED");
    owner.finds(&tea, Stock::of(10, 0)).await;
    assert_eq!(releases(&stack).await, 1);
    let refused = customer.asks_how_to_pay(&order).await.unwrap_err();
    assert_eq!(refused.code, "PAYMENT_CLOSED", "{refused}");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_window_ends_while_the_server_is_down_expires_after_the_restart() {
    let mut stack = Stack::with(&SHORT).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 4).await.unwrap();
    stack.server.kill();
    tokio::time::sleep(Duration::from_secs(5)).await;
    stack.server.start().await;
    customer.sees(&order, "EXPIRED").await;
    assert_eq!(releases(&stack).await, 1);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_was_mined_in_time_while_the_server_was_down_counts() {
    // Long enough to pay in time on a busy machine.
    let window = [
        ("GAGE_PAYMENT_WINDOW_SECS", "12"),
        ("GAGE_EXPIRY_GRACE_SECS", "1"),
    ];
    let mut stack = Stack::with(&window).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 4).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    stack.server.kill();
    assert!(
        customer
            .sends(&stack.node.url(), &instructions)
            .await
            .status()
    );
    tokio::time::sleep(Duration::from_secs(14)).await;
    stack.server.start().await;
    customer.sees(&order, "PAID").await;
    assert_eq!(releases(&stack).await, 0);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_expires_while_the_chain_cannot_be_read() {
    let mut stack = Stack::with(&SHORT).await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 4).await.unwrap();
    stack.node.kill();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        customer.looks_at(&order).await.unwrap()["status"],
        "AWAITING_PAYMENT"
    );
    stack.node.resume().await;
    customer.sees(&order, "EXPIRED").await;
    stack.end().await;
}
