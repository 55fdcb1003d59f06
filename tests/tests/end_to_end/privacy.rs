//! What belongs to others is not there.

use std::time::Duration;

use gage_tests::{
    actors::{Person, Stock},
    client::Client,
    node::wallet,
    stack::Stack,
    wait::until,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_for_its_buyer_its_owner_and_those_who_oversee() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let auditor = Person::signed_in(&url, wallet(3)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();

    customer.sees(&order, "AWAITING_PAYMENT").await;
    for person in [&owner, &customer, &auditor] {
        assert_eq!(person.looks_at(&order).await.unwrap()["id"], order.as_str());
    }
    assert_eq!(stranger.looks_at(&order).await.unwrap(), Value::Null);
    let document = "query($id: ID!) { node(id: $id) { id } }";
    let found = stranger
        .client
        .ask(document, json!({ "id": order }))
        .await
        .unwrap();
    assert_eq!(found["node"], Value::Null);
    let nobody = Client::new(&url);
    let refused = nobody
        .ask(
            "query($id: ID!) { order(id: $id) { id } }",
            json!({ "id": order }),
        )
        .await;
    assert_eq!(refused.unwrap_err().code, "UNAUTHENTICATED");

    // A stranger's and even another owner's hands off; the answer is the one for an unknown id.
    let other_shop = stranger.opens_shop("Coffee house").await;
    let not_found = "NOT_FOUND";
    assert_eq!(stranger.cancels(&order).await.unwrap_err().code, not_found);
    assert_eq!(stranger.approves(&order).await.unwrap_err().code, not_found);
    assert_eq!(
        stranger.rejects(&order, "no").await.unwrap_err().code,
        not_found
    );
    assert_eq!(stranger.ships(&order).await.unwrap_err().code, not_found);
    assert_eq!(
        stranger.asks_how_to_pay(&order).await.unwrap_err().code,
        not_found
    );
    assert_eq!(customer.approves(&order).await.unwrap_err().code, not_found);
    assert_eq!(owner.cancels(&order).await.unwrap_err().code, not_found);
    assert_eq!(auditor.approves(&order).await.unwrap_err().code, not_found);
    assert_eq!(
        stranger.receives_stock(&tea, 5).await.unwrap_err().code,
        "FORBIDDEN"
    );

    let orders = "query($id: ID!) { shop(id: $id) { orders(first: 5) { nodes { id } } } }";
    let mine = owner
        .client
        .ask(orders, json!({ "id": shop }))
        .await
        .unwrap();
    assert_eq!(mine["shop"]["orders"]["nodes"][0]["id"], order.as_str());
    let theirs = stranger
        .client
        .ask(orders, json!({ "id": shop }))
        .await
        .unwrap_err();
    assert_eq!(theirs.code, "FORBIDDEN");
    let own = until("the shop", Duration::from_secs(20), async || {
        let id = json!({ "id": other_shop });
        let answer = stranger.client.ask(orders, id).await.unwrap();
        Some(answer).filter(|answer| !answer["shop"].is_null())
    })
    .await;
    assert_eq!(own["shop"]["orders"]["nodes"], json!([]));
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_is_not_for_sale_is_its_owners_business() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    let hide = json!({ "idempotencyKey": "hide", "product": tea });
    owner
        .client
        .mutate("unpublishProduct", "position", hide)
        .await
        .unwrap();
    let document = "query($id: ID!) { product(id: $id) { id published } }";
    until(
        "the product is hidden",
        Duration::from_secs(20),
        async || {
            let seen = customer
                .client
                .ask(document, json!({ "id": tea }))
                .await
                .unwrap();
            seen["product"].is_null().then_some(())
        },
    )
    .await;
    let seen = owner
        .client
        .ask(document, json!({ "id": tea }))
        .await
        .unwrap();
    assert_eq!(seen["product"]["published"], false);
    let refused = customer.orders(&shop, &tea, 1).await.unwrap_err();
    assert_eq!(refused.code, "PRODUCT_NOT_PUBLISHED", "{refused}");
    stack.end().await;
}
