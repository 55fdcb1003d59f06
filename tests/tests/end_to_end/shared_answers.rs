//! Answers about the catalog are kept: never past a change, never for others than they are for.

use std::time::Duration;

use gage_tests::{
    actors::{Person, Stock},
    client::Client,
    node::wallet,
    stack::Stack,
    wait::until,
};
use serde_json::{Value, json};

const LIST: &str = "{ products(first: 5) { nodes { id available } } }";
/// `onHand` is for the owner alone.
const COUNTED: &str = "{ products(first: 5) { nodes { available onHand } } }";
const KEPT: &str = "gage_answers_kept_total";

async fn given(stack: &Stack) -> f64 {
    stack.server.metric(KEPT, "given").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_owner_may_see_is_told_to_nobody_else_in_any_order() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let nobody = Client::new(&url);
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;

    let askers = [&owner.client, &nobody, &customer.client];
    let drafts = "query($id: ID!) { shop(id: $id) { products(first: 5) { nodes { onHand } } } }";
    for round in 0..6 {
        for turn in 0..3 {
            let asker = askers[(round + turn) % 3];
            let on_hand = if (round + turn) % 3 == 0 {
                json!(10)
            } else {
                Value::Null
            };
            let list = asker.ask(COUNTED, Value::Null).await.unwrap();
            let expected = json!([{ "available": 10, "onHand": on_hand }]);
            assert_eq!(list["products"]["nodes"], expected);
            let of_shop = asker.ask(drafts, json!({ "id": shop })).await.unwrap();
            let expected = json!([{ "onHand": on_hand }]);
            assert_eq!(of_shop["shop"]["products"]["nodes"], expected);
        }
    }
    // What is the same for all is made once for the many: the owner's answer serves the customer.
    let before = given(&stack).await;
    for _ in 0..10 {
        for asker in askers {
            asker.ask(LIST, Value::Null).await.unwrap();
        }
    }
    assert!(given(&stack).await - before >= 20.0);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_taken_off_sale_is_gone_from_kept_answers_but_not_for_its_owner() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let nobody = Client::new(&url);
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    let document = "query($id: ID!) { product(id: $id) { published } }";
    let seen = async |asker: &Client| {
        let data = asker.ask(document, json!({ "id": tea })).await.unwrap();
        data["product"].clone()
    };
    for asker in [&nobody, &owner.client, &nobody, &owner.client] {
        assert_eq!(seen(asker).await, json!({ "published": true }));
    }
    let hide = json!({ "idempotencyKey": "hide", "product": tea });
    let hidden = owner
        .client
        .mutate("unpublishProduct", "product { published }", hide);
    hidden.await.unwrap();
    // The owner has read their own write, so the catalog has moved for everyone here.
    for _ in 0..3 {
        assert_eq!(seen(&owner.client).await, json!({ "published": false }));
        assert_eq!(seen(&nobody).await, Value::Null);
    }
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_that_changed_is_shown_at_once_to_who_asks_for_it_and_soon_to_all() {
    let stack = Stack::new().await;
    let mut second = stack.replica();
    second.start().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let nobody = Client::new(&stack.server.url());
    let elsewhere = Client::new(&second.url());
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 0).await;
    let available = |data: &Value| data["products"]["nodes"][0]["available"].as_u64();
    let at_least = "query($p: Cursor!) { products(first: 5, atLeast: $p) { nodes { available } } }";
    let mut pieces = 0;
    for _ in 0..8 {
        for asker in [&nobody, &elsewhere] {
            asker.ask(LIST, Value::Null).await.unwrap();
        }
        pieces += 5;
        let written = owner.receives_stock(&tea, 5).await.unwrap();
        let position = json!({ "p": written["position"] });
        for asker in [&elsewhere, &nobody] {
            let told = asker.ask(at_least, position.clone()).await.unwrap();
            assert_eq!(available(&told), Some(pieces));
            // Who waited for the position saw the catalog move past it: nobody is told less now.
            let list = asker.ask(LIST, Value::Null).await.unwrap();
            assert_eq!(available(&list), Some(pieces));
        }
    }
    owner.receives_stock(&tea, 5).await.unwrap();
    until("the list moves on", Duration::from_secs(20), async || {
        let list = elsewhere.ask(LIST, Value::Null).await.unwrap();
        (available(&list) == Some(pieces + 5)).then_some(())
    })
    .await;
    second.stop();
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_ask_the_same_at_once_one_is_answered_from_the_database() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let nobody = Client::new(&stack.server.url());
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    nobody.ask(LIST, Value::Null).await.unwrap();
    let before = stack.server.metric(KEPT, "made").await;
    let many = (0..200).map(|_| nobody.ask(LIST, Value::Null));
    for answer in futures::future::join_all(many).await {
        assert_eq!(answer.unwrap()["products"]["nodes"][0]["available"], 10);
    }
    // A stretch of time may end in between.
    let made = stack.server.metric(KEPT, "made").await - before;
    assert!(made <= 2.0, "{made}");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_with_an_error_is_made_anew() {
    let stack = Stack::new().await;
    let nobody = Client::new(&stack.server.url());
    let partly =
        "query($n: Int!) { shops(first: 5) { nodes { id } } products(first: $n) { nodes { id } } }";
    // The document is known to be worth keeping.
    nobody.ask(partly, json!({ "n": 5 })).await.unwrap();
    let made = stack.server.metric(KEPT, "made").await;
    assert!(made >= 1.0);
    for _ in 0..3 {
        let refused = nobody.ask(partly, json!({ "n": 1000 })).await.unwrap_err();
        assert_eq!(refused.code, "BAD_REQUEST", "{refused}");
    }
    let me = nobody.ask(
        "{ me { address } shops(first: 5) { nodes { id } } }",
        Value::Null,
    );
    me.await.unwrap();
    assert!((stack.server.metric(KEPT, "made").await - made).abs() < 0.5);
    stack.end().await;
}
