//! Bad input: a clear typed error, and nothing is lost.

use alloy::signers::local::PrivateKeySigner;
use gage_tests::{
    actors::{Person, Stock, new_key},
    client::{Client, sign},
    node::wallet,
    stack::Stack,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_messages_that_are_not_quite_right_sign_nobody_in() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let key = wallet(1);
    let mut client = Client::new(&url);
    let fresh = async || {
        Client::new(&url)
            .sign_in_message(key.address())
            .await
            .unwrap()
    };

    let message = fresh().await;
    let other_domain = message.replacen("127.0.0.1", "evil.example", 1);
    let other_chain = fresh().await.replace("Chain ID: 1337", "Chain ID: 1");
    let odd_chain = fresh().await.replace("Chain ID: 1337", "Chain ID: +1337");
    let malformed = fresh().await.replace("Version: 1", "Version: 2");
    let trailing = format!("{}\n", fresh().await);
    let own_nonce = {
        let message = fresh().await;
        let at = message.find("Nonce: ").unwrap() + 7;
        let end = at + message[at..].find('\n').unwrap();
        format!("{}abcdefgh12345678{}", &message[..at], &message[end..])
    };
    for bad in [other_domain, other_chain, odd_chain, malformed, trailing] {
        let refused = client
            .sign_in_with(&bad, &sign(&key, &bad))
            .await
            .unwrap_err();
        assert_eq!(refused.code, "SIGN_IN_REFUSED", "{bad}\n{refused}");
    }
    let refused = client
        .sign_in_with(&own_nonce, &sign(&key, &own_nonce))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "NONCE_UNKNOWN", "{refused}");

    // Another's signature, and none at all. A nonce is spent by the attempt.
    let message = fresh().await;
    let thief = PrivateKeySigner::random();
    let refused = client
        .sign_in_with(&message, &sign(&thief, &message))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "SIGN_IN_REFUSED", "{refused}");
    for signature in ["", "0x", "0x1234", "not hexadecimal"] {
        let refused = client
            .sign_in_with(&fresh().await, signature)
            .await
            .unwrap_err();
        assert_eq!(refused.code, "SIGN_IN_REFUSED", "{refused}");
    }
    // Right once, and not again.
    let message = fresh().await;
    let signature = sign(&key, &message);
    client.sign_in_with(&message, &signature).await.unwrap();
    let replayed = Client::new(&url)
        .sign_in_with(&message, &signature)
        .await
        .unwrap_err();
    assert_eq!(replayed.code, "NONCE_UNKNOWN", "{replayed}");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quantities_amounts_and_ids_out_of_range_are_refused_by_name() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;

    for pieces in [0, -1, 1_000_000_001] {
        let refused = customer.orders(&shop, &tea, pieces).await.unwrap_err();
        assert_eq!(refused.code, "QUANTITY_INVALID", "{pieces}: {refused}");
    }
    let refused = customer
        .orders(&shop, &tea, 99_999_999_999)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "BAD_REQUEST", "{refused}");
    let refused = customer.orders(&shop, &tea, 11).await.unwrap_err();
    assert_eq!(
        (refused.code.as_str(), &refused.error["available"]),
        ("OUT_OF_STOCK", &json!(10))
    );

    // Quantities that overflow together.
    let billion = json!({ "product": tea, "quantity": 1_000_000_000 });
    let input = json!({ "idempotencyKey": new_key(), "shop": shop, "lines": [billion, billion] });
    let refused = customer
        .client
        .mutate("placeOrder", "orderId", input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "QUANTITY_INVALID", "{refused}");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prices_out_of_range_and_ids_of_nothing_are_refused_by_name() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    let dear =
        json!({ "idempotencyKey": new_key(), "product": tea, "price": { "amount": largest } });
    owner
        .client
        .mutate("changePrice", "position", dear)
        .await
        .unwrap();
    // Neither twice that much, which no number holds, nor once, which no payment carries.
    for pieces in [2, 1] {
        let refused = customer.orders(&shop, &tea, pieces).await.unwrap_err();
        assert_eq!(refused.code, "AMOUNT_TOO_LARGE", "{pieces}: {refused}");
    }
    for amount in [
        "-1",
        "1.5",
        "1e18",
        "0x10",
        "",
        "115792089237316195423570985008687907853269984665640564039457584007913129639936",
    ] {
        let input =
            json!({ "idempotencyKey": new_key(), "product": tea, "price": { "amount": amount } });
        let refused = owner
            .client
            .mutate("changePrice", "position", input)
            .await
            .unwrap_err();
        assert_eq!(refused.code, "BAD_REQUEST", "{amount}: {refused}");
    }
    let zero = json!({ "idempotencyKey": new_key(), "product": tea, "price": { "amount": "0" } });
    let refused = owner
        .client
        .mutate("changePrice", "position", zero)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "PRICE_ZERO", "{refused}");

    // Prices that were seen, and ids of nothing.
    let lines = json!([{ "product": tea, "quantity": 1, "expectedPrice": { "amount": "4999" } }]);
    let input = json!({ "idempotencyKey": new_key(), "shop": shop, "lines": lines });
    let refused = customer
        .client
        .mutate("placeOrder", "orderId", input)
        .await
        .unwrap_err();
    assert_eq!(refused.code, "PRICE_CHANGED", "{refused}");
    for id in ["", "nonsense", &shop, "b3JkZXI6MDA="] {
        assert_eq!(
            customer.cancels(id).await.unwrap_err().code,
            "NOT_FOUND",
            "{id}"
        );
        assert_eq!(
            customer.orders(&shop, id, 1).await.unwrap_err().code,
            "NOT_FOUND",
            "{id}"
        );
    }
    owner.finds(&tea, Stock::of(10, 0)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn currencies_that_nothing_can_be_paid_with_are_refused_by_name() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let token = "0x7777777777777777777777777777777777777777";
    for (price, code) in [
        (
            json!({ "amount": "1", "token": token }),
            "TOKEN_NOT_ACCEPTED",
        ),
        (json!({ "amount": "1", "chainId": 1 }), "TOKEN_NOT_ACCEPTED"),
        (
            json!({ "amount": "1", "fiat": "KRW" }),
            "CURRENCY_NOT_ACCEPTED",
        ),
        (
            json!({ "amount": "1", "fiat": "KRW", "chainId": 1337 }),
            "PRICE_INVALID",
        ),
        (
            json!({ "amount": "1", "fiat": "USD", "token": token }),
            "PRICE_INVALID",
        ),
        (json!({ "amount": "1", "fiat": "EUR" }), "BAD_REQUEST"),
    ] {
        let input = json!({ "idempotencyKey": new_key(), "product": tea, "price": price });
        let refused = owner.client.mutate("changePrice", "position", input).await;
        assert_eq!(refused.unwrap_err().code, code, "{price}");
    }

    // It costs what it did, which is paid in the token that it costs and in no other.
    let document = "query($id: ID!) { product(id: $id) {
        price { currency fiat chainId token amount decimals } } }";
    let found = owner.client.ask(document, json!({ "id": tea })).await;
    assert_eq!(
        found.unwrap()["product"]["price"],
        json!({
            "currency": "ETH", "fiat": null, "chainId": "1337", "amount": "5000", "decimals": 18,
            "token": "0x0000000000000000000000000000000000000000",
        })
    );
    let order = async |pay_with: Value| {
        let lines = json!([{ "product": tea, "quantity": 1 }]);
        let input = json!({
            "idempotencyKey": new_key(), "shop": shop, "lines": lines, "payWith": pay_with,
        });
        customer.client.mutate("placeOrder", "orderId", input).await
    };
    for other in [json!({ "token": token }), json!({ "chainId": 1 })] {
        assert_eq!(order(other).await.unwrap_err().code, "PAY_WITH_REFUSED");
    }
    order(json!({ "chainId": 1337 })).await.unwrap();
    order(json!({})).await.unwrap();
    owner.finds(&tea, Stock::of(10, 2)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_out_of_order_are_refused_by_name() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();

    assert_eq!(
        owner.approves(&order).await.unwrap_err().code,
        "ORDER_NOT_PAID"
    );
    assert_eq!(
        owner.ships(&order).await.unwrap_err().code,
        "ORDER_STATE_CONFLICT"
    );
    assert_eq!(
        customer.confirms_delivery(&order).await.unwrap_err().code,
        "ORDER_STATE_CONFLICT"
    );
    assert_eq!(
        owner.rejects(&order, "").await.unwrap_err().code,
        "TEXT_INVALID"
    );
    customer.cancels(&order).await.unwrap();
    assert_eq!(
        customer.asks_how_to_pay(&order).await.unwrap_err().code,
        "PAYMENT_CLOSED"
    );
    assert_eq!(
        owner.rejects(&order, "late").await.unwrap_err().code,
        "ORDER_STATE_CONFLICT"
    );
    owner.finds(&tea, Stock::of(10, 0)).await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_for_a_cancelled_order_is_seen_and_due_back() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    customer.cancels(&order).await.unwrap();
    // The contract knows nothing of the cancellation until the deadline.
    assert!(
        customer
            .sends(&stack.node.url(), &instructions)
            .await
            .status()
    );
    let page = customer.sees_payment(&order, "REFUND_DUE").await;
    assert_eq!(page["status"], "CANCELLED", "never revived");
    assert_eq!(page["payment"]["refundDue"], "5000");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_are_broken_deep_or_wide_are_refused() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let http = reqwest::Client::new();
    let post = async |body: String| {
        let request = http
            .post(format!("{url}/graphql"))
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json")
            .body(body);
        let answer = request.send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<Value>().await.unwrap_or(Value::Null),
        )
    };
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].clone();

    for broken in [
        "",
        "{",
        "[]",
        "null",
        r#"{"query": 5}"#,
        r#"{"query": "{ nothing }"}"#,
    ] {
        let (status, answer) = post(broken.to_owned()).await;
        assert_eq!(status, 400, "{broken}: {answer}");
        assert_eq!(code(&answer), "BAD_REQUEST", "{broken}: {answer}");
    }
    let (status, _) = post(format!(r#"{{"query": "{}"}}"#, " ".repeat(3_000_000))).await;
    assert_eq!(status, 413);
    let deep = format!(
        "{{ products(first: 1) {} {{ nodes {{ id }} }} {} }}",
        "{ nodes { shop { products(first: 1) ".repeat(12),
        "} } } ".repeat(12)
    );
    let alias = |n| format!("a{n}: products(first: 1) {{ nodes {{ id }} }} ");
    let wide = (0..500).map(alias).collect::<Vec<_>>().concat();
    let heavy = "{ shops(first: 100) { nodes { products(first: 100) { nodes { shop { products(first: 100) { nodes { id } } } } } } } }";
    for document in [deep, format!("{{ {wide} }}"), heavy.to_owned()] {
        let (_, answer) = post(json!({ "query": document }).to_string()).await;
        assert_eq!(code(&answer), "TOO_COMPLEX", "{answer}");
    }
    let (_, answer) =
        post(json!({ "query": "{ products(first: 101) { nodes { id } } }" }).to_string()).await;
    assert!(!answer["errors"].is_null(), "{answer}");
    // And it is there for the next one.
    let (status, _) =
        post(json!({ "query": "{ products(first: 1) { nodes { id } } }" }).to_string()).await;
    assert_eq!(status, 200);
    stack.end().await;
}
