//! Parts that are away, at the start or later.

use std::{process::Command, time::Duration};

use gage_tests::{
    actors::{Person, Stock},
    node::wallet,
    process::{Process, free_port},
    stack::Stack,
    wait::until,
};
use serde_json::Value;

async fn readiness(url: &str) -> Option<(u16, Value)> {
    let answer = reqwest::get(format!("{url}/readyz")).await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ganache_restarted_on_its_own_data_loses_no_payment() {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let before = customer.orders(&shop, &tea, 1).await.unwrap();
    customer.pays(&stack.node.url(), &before).await;
    customer.sees(&before, "PAID").await;

    stack.node.kill();
    until(
        "the health page tells",
        Duration::from_secs(20),
        async || {
            let (_, health) = readiness(&stack.server.url()).await?;
            (health["chains"][0]["condition"] == "down").then_some(())
        },
    )
    .await;
    // Orders stay possible and payable while the node is away.
    let during = customer.orders(&shop, &tea, 1).await.unwrap();
    let instructions = customer.asks_how_to_pay(&during).await.unwrap();
    assert_eq!(
        instructions.answer["gasUnavailable"]["reason"],
        "NODE_UNREACHABLE"
    );

    stack.node.resume().await;
    assert!(
        customer
            .sends(&stack.node.url(), &instructions)
            .await
            .status()
    );
    customer.sees(&during, "PAID").await;
    let page = customer.looks_at(&before).await.unwrap();
    assert_eq!(
        page["payment"]["status"], "CONFIRMED",
        "what was paid stays paid"
    );
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_redis_signs_people_out_and_loses_nothing_else() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let mut customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    stack.forget_redis().await;
    // Sessions are remembered for a second.
    let refused = until("nobody is signed in", Duration::from_secs(20), async || {
        customer.looks_at(&order).await.err()
    })
    .await;
    assert_eq!(refused.code, "UNAUTHENTICATED", "{refused}");
    assert!(
        customer
            .sends(&stack.node.url(), &instructions)
            .await
            .status()
    );
    customer.client.sign_in(&wallet(1)).await.unwrap();
    customer.sees(&order, "PAID").await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_away_at_the_start_is_found_later() {
    let mut stack = Stack::new().await;
    stack.server.stop();
    stack.node.kill();
    stack.server.start().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    stack.node.resume().await;
    customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_is_away_at_the_start_keeps_nobody_from_looking() {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    owner.finds(&tea, Stock::of(10, 0)).await;
    stack.server.stop();
    // A port on which nobody answers.
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    stack.server.set("REDIS_URL", &nobody);
    stack.server.start().await;
    let visitor = gage_tests::client::Client::new(&stack.server.url());
    let document = "{ products(first: 5) { nodes { available } } }";
    let found = visitor.ask(document, Value::Null).await.unwrap();
    assert_eq!(found["products"]["nodes"][0]["available"], 10);
    let refused = Person::try_signing_in(&stack.server.url(), wallet(1))
        .await
        .unwrap_err();
    assert_eq!(refused.code, "UNAVAILABLE", "{refused}");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_is_told_and_found_again() {
    let stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    stack.database.shut_out().await;
    let refused = owner.receives_stock(&tea, 5).await.unwrap_err();
    assert_eq!(refused.code, "UNAVAILABLE", "{refused}");
    let words = refused.error["message"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    assert!(
        !words.contains("postgres") && !words.contains("sql"),
        "shows its inside: {words}"
    );
    let (status, _) = readiness(&stack.server.url()).await.unwrap();
    assert_eq!(status, 503);
    stack.database.let_in().await;
    until(
        "the database is found again",
        Duration::from_secs(30),
        async || owner.receives_stock(&tea, 5).await.ok(),
    )
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_at_the_start_is_waited_for() {
    let mut stack = Stack::new().await;
    stack.server.stop();
    stack.database.shut_out().await;
    stack.server.launch();
    // It lives and says that it cannot serve.
    until("the server says so", Duration::from_secs(20), async || {
        let health = reqwest::get(format!("{}/healthz", stack.server.url()))
            .await
            .ok()?;
        let (status, _) = readiness(&stack.server.url()).await?;
        (health.status().is_success() && status == 503).then_some(())
    })
    .await;
    stack.database.let_in().await;
    stack.server.ready().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    owner.opens_shop("Tea house").await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_dies_loses_no_payment_and_is_found_again() {
    let mut stack = Stack::new().await;
    stack.server.stop();
    let port = free_port();
    let folder = stack.folder().to_owned();
    let redis = || {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &port.to_string(), "--save", "", "--dir"])
            .arg(&folder);
        Process::start("Redis", &mut command, &folder.join("redis.log"))
    };
    let first = redis();
    stack
        .server
        .set("REDIS_URL", &format!("redis://127.0.0.1:{port}"));
    stack.server.start().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 1).await.unwrap();
    let instructions = customer.asks_how_to_pay(&order).await.unwrap();
    first.kill();
    // The payment is made, seen and settled while nobody can be looked up.
    assert!(
        customer
            .sends(&stack.node.url(), &instructions)
            .await
            .status()
    );
    // Sessions are remembered for a second.
    let refused = until("nobody is looked up", Duration::from_secs(20), async || {
        customer.looks_at(&order).await.err()
    })
    .await;
    assert_eq!(refused.code, "UNAVAILABLE", "{refused}");
    let second = redis();
    let again = until("signed in again", Duration::from_secs(30), async || {
        Person::try_signing_in(&stack.server.url(), wallet(1))
            .await
            .ok()
    })
    .await;
    again.sees(&order, "PAID").await;
    second.kill();
    stack.end().await;
}
