//! The same request again, over HTTP.

use gage_tests::{
    actors::{Person, Stock},
    node::wallet,
    stack::Stack,
};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_is_answered_the_same_and_another_with_its_key_is_refused() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let first = customer
        .orders_with_key(&shop, &tea, 2, "my-order")
        .await
        .unwrap();
    let again = customer
        .orders_with_key(&shop, &tea, 2, "my-order")
        .await
        .unwrap();
    assert_eq!(first, again);
    let other = customer
        .orders_with_key(&shop, &tea, 3, "my-order")
        .await
        .unwrap_err();
    assert_eq!(other.code, "IDEMPOTENCY_KEY_REUSED", "{other}");
    // Another person's key of the same name is another key.
    let theirs = owner
        .orders_with_key(&shop, &tea, 1, "my-order")
        .await
        .unwrap();
    assert_ne!(theirs, first);
    owner.finds(&tea, Stock::of(10, 3)).await;
    for key in ["", " ", &"x".repeat(201)] {
        let refused = customer
            .orders_with_key(&shop, &tea, 1, key)
            .await
            .unwrap_err();
        assert_eq!(refused.code, "IDEMPOTENCY_KEY_INVALID", "{refused}");
    }
    let input = json!({ "order": first });
    let missing = customer
        .client
        .mutate("cancelOrder", "position", input)
        .await
        .unwrap_err();
    assert_eq!(missing.code, "BAD_REQUEST", "{missing}");
    stack.end().await;
}
