//! A page costs as many statements as it has kinds of things, not rows.

use std::time::Duration;

use gage_tests::{
    actors::{Person, Stock},
    client::Client,
    node::wallet,
    stack::Stack,
    wait::until,
};
use serde_json::{Value, json};

/// Rows of the larger page.
const MANY: usize = 50;

const PAGES: [&str; 4] = [
    "query($n: Int!) { products(first: $n) { nodes { id available shop { name { en } } } } }",
    "query($n: Int!) { shops(first: $n) { nodes { id name { en } } } }",
    "query($n: Int!) { me { orders(first: $n) { nodes { id total { amount } shop { id owner }
        lines { quantity product { available shop { id } } } payment { status attempts { nonce } } } } } }",
    "query($n: Int!) { me { shops(first: 1) { nodes { orders(first: $n) { nodes { id buyer
        lines { name { en } } payment { price { amount } } } } } } } }",
];

/// Sends a document under an id of its own, and counts the statements that it caused.
async fn statements(stack: &Stack, client: &Client, document: &str, rows: usize) -> usize {
    let id = uuid::Uuid::new_v5(
        &uuid::Uuid::NAMESPACE_OID,
        format!("{rows} {document}").as_bytes(),
    );
    let answer: Value = reqwest::Client::new()
        .post(format!("{}/graphql", client.url()))
        .header("x-request-id", id.to_string())
        .bearer_auth(client.token().unwrap())
        .json(&json!({ "query": document, "variables": { "n": rows } }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert!(answer["errors"].is_null(), "{answer}");
    assert!(
        answer.to_string().matches("\"id\"").count() >= rows,
        "{answer}"
    );
    let id = id.to_string();
    // The last line is written after the answer.
    until(
        "the request is logged",
        Duration::from_secs(10),
        async || {
            let log = stack.server.logged();
            let own: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
            let answered = own.iter().any(|line| line.contains("\"answered\""));
            answered.then(|| {
                own.iter()
                    .filter(|line| line.contains("sqlx::query"))
                    .count()
            })
        },
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_fifty_costs_as_many_statements_as_a_page_of_one() {
    let logs = [
        ("GAGE_LOG", "info,gage_api=debug,sqlx::query=debug"),
        ("GAGE_LOG_FORMAT", "json"),
    ];
    let stack = Stack::with(&logs).await;
    let person = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let first = person.opens_shop("Tea house").await;
    for n in 1..MANY {
        person.opens_shop(&format!("Shop {n}")).await;
        person.sells(&first, &format!("Tea {n}"), 5_000, 0).await;
    }
    let last = person.opens_shop("The newest").await;
    let tea = person.sells(&last, "First flush", 5_000, 1_000).await;
    let mut order = String::new();
    for _ in 0..MANY {
        order = person.orders(&last, &tea, 1).await.unwrap();
    }
    person.sees(&order, "AWAITING_PAYMENT").await;
    person.sees_payment(&order, "REQUESTED").await;
    person.finds(&tea, Stock::of(1_000, MANY as u64)).await;

    for document in PAGES {
        let one = statements(&stack, &person.client, document, 1).await;
        let many = statements(&stack, &person.client, document, MANY).await;
        assert!((1..=8).contains(&one), "{one} statements: {document}");
        assert_eq!(many, one, "{document}");
    }
    stack.end().await;
}
