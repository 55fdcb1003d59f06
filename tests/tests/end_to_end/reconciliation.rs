//! The event log and the chain are compared by command, and by the server itself.

use std::time::Duration;

use gage_tests::{actors::Person, node::wallet, stack::Stack, wait::until};
use serde_json::Value;

async fn paid_order(stack: &Stack) -> String {
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tells_people_and_programs_that_both_agree() {
    let stack = Stack::new().await;
    paid_order(&stack).await;
    let text = stack.server.run(&["reconcile"]);
    for line in [
        "compared 1 payments, 1 logs",
        "native coin: funded 15000 = held 15000 + released 0 + refunded 0",
        "the event log and the chain agree",
    ] {
        assert!(text.contains(line), "{line:?} not in {text}");
    }
    let json: Value = serde_json::from_str(&stack.server.run(&["reconcile", "--json"])).unwrap();
    assert_eq!(json["differences"]["count"], 0);
    assert_eq!(json["tokens"][0]["held"], "15000");
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_model_that_is_wrong_does_not_matter() {
    let stack = Stack::new().await;
    paid_order(&stack).await;
    let pool = stack.database.pool().await;
    let schemas: Vec<String> =
        sqlx::query_scalar("SELECT schema_name FROM projections WHERE name = 'payments'")
            .fetch_all(&pool)
            .await
            .unwrap();
    for schema in schemas {
        let spoil = format!("UPDATE {schema}.payments SET funded = 1, payer = buyer, amount = 7");
        let spoilt = sqlx::query(&spoil).execute(&pool).await.unwrap();
        assert_eq!(spoilt.rows_affected(), 1);
    }
    pool.close().await;
    assert!(stack.server.run(&["reconcile"]).contains("agree"));
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_is_named_and_fails_the_command() {
    let mut stack = Stack::new().await;
    let order = paid_order(&stack).await;
    stack.server.stop();
    // The event log of a server that never saw the payment.
    let pool = stack.database.pool().await;
    let forget = "ALTER TABLE events DISABLE TRIGGER events_append_only;
        DELETE FROM events WHERE aggregate_type = 'Payment' AND event_type <> 'PaymentRequested';
        ALTER TABLE events ENABLE TRIGGER events_append_only";
    sqlx::raw_sql(forget).execute(&pool).await.unwrap();
    let payment: String =
        sqlx::query_scalar("SELECT aggregate_id FROM events WHERE aggregate_type = 'Payment'")
            .fetch_one(&pool)
            .await
            .unwrap();
    pool.close().await;
    let output = stack.server.command().arg("reconcile").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}\n{errors}");
    let named = format!(
        "DIFFERS: payment {payment}: payment: nothing in the event log, 15000 on the chain"
    );
    assert!(text.contains(&named), "{named:?} not in {text}");
    assert!(errors.contains("differ in"), "{errors}");
    assert!(!order.is_empty());
    stack.leave().await;
}

async fn health(stack: &Stack) -> Option<Value> {
    let url = format!("{}/readyz", stack.server.url());
    let health: Value = reqwest::get(url).await.ok()?.json().await.ok()?;
    Some(health["chains"][0]["reconciliation"].clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_compares_by_itself_and_a_node_that_is_away_is_no_difference() {
    let mut stack = Stack::with(&[("GAGE_RECONCILE_INTERVAL", "1")]).await;
    paid_order(&stack).await;
    let soon = Duration::from_secs(30);
    let last = until("a result", soon, async || {
        let health = health(&stack).await?;
        (health["condition"] == "up" && health["block"].as_u64() > Some(0)).then_some(health)
    })
    .await;
    assert_eq!(last["differences"], 0);
    assert!(last["last_success"].is_string(), "{last}");
    let gauge = stack.server.metric("gage_reconcile_differences", "").await;
    assert!(gauge.abs() < f64::EPSILON);
    let name = "gage_reconcile_last_success_timestamp_seconds";
    assert!(stack.server.metric(name, "").await > 1_000_000.0);

    stack.node.kill();
    let away = until("no result", soon, async || {
        let health = health(&stack).await?;
        (health["condition"] == "down").then_some(health)
    })
    .await;
    assert_eq!(away["differences"], 0, "of the last one that came to one");
    assert_eq!(away["reason"], "node_away", "a word of ours alone");
    stack.node.resume().await;
    until("a result again", soon, async || {
        (health(&stack).await?["condition"] == "up").then_some(())
    })
    .await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_compared_when_that_is_switched_off() {
    let stack = Stack::with(&[("GAGE_RECONCILE_INTERVAL", "0")]).await;
    assert_eq!(health(&stack).await, Some(Value::Null));
    stack.end().await;
}
