//! A replay compares payments with a real chain too.

use gage_tests::{actors::Person, node::wallet, stack::Stack};
use serde_json::Value;

/// An order that is paid, on a server that has ended: nothing moves while it is audited.
async fn paid_and_stopped() -> Stack {
    let mut stack = Stack::new().await;
    let owner = Person::signed_in(&stack.server.url(), wallet(0)).await;
    let customer = Person::signed_in(&stack.server.url(), wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    stack.server.stop();
    stack
}

/// Changes something as who owns the database may.
async fn alter(stack: &Stack, statement: &str) {
    let pool = stack.database.pool().await;
    let statements = format!(
        "ALTER TABLE events DISABLE TRIGGER events_append_only; {statement}; \
         ALTER TABLE events ENABLE TRIGGER events_append_only"
    );
    sqlx::raw_sql(&statements).execute(&pool).await.unwrap();
    pool.close().await;
}

/// What a replay says that finds something, and its error.
fn differs(stack: &Stack) -> (Value, String) {
    let arguments = ["audit", "replay", "--json"];
    let output = stack.server.command().args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_slice(&output.stdout).unwrap(), error)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_agrees_with_the_chain_until_what_was_seen_there_is_altered() {
    let stack = paid_and_stopped().await;
    let told = stack.server.run(&["audit", "replay"]);
    for line in [
        "chain 1337: payments agree",
        "everything that is stored says what the log says",
    ] {
        assert!(told.contains(line), "{line:?} not in {told}");
    }
    // The listener's record of the log that paid: the events, and the chain, say otherwise.
    let other_index = "UPDATE chain_sightings SET log_index = log_index + 1";
    alter(&stack, other_index).await;
    let (report, _) = differs(&stack);
    let findings = report["replay"]["findings"].as_array().unwrap();
    let named = |fault: &str| {
        let of = |finding: &&Value| {
            let row = finding["place"]["row"].as_str().unwrap_or_default();
            finding["fault"] == fault && row.starts_with("chain_sightings ")
        };
        findings.iter().any(|finding| of(&finding))
    };
    assert!(named("unseenLog") && named("notCarriedOut"), "{report}");
    assert_eq!(report["chains"][0]["report"]["differences"]["count"], 0);
    stack.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_say_what_the_chain_does_not_are_named_by_the_comparison_with_it() {
    let stack = paid_and_stopped().await;
    // As consistent as can be: the event and the listener's record name another log alike.
    let other_log = "UPDATE chain_sightings SET block_hash = sha256('elsewhere'); \
        UPDATE events SET payload = replace(payload::text, (SELECT payload #>> '{PaymentDetected,log,block_hash}' \
            FROM events WHERE event_type = 'PaymentDetected'), \
            '0x' || encode(sha256('elsewhere'), 'hex'))::jsonb WHERE aggregate_type = 'Payment'";
    alter(&stack, other_log).await;
    let (report, error) = differs(&stack);
    let compared = &report["chains"][0];
    assert_eq!(compared["chainId"], 1337);
    assert_ne!(compared["report"]["differences"]["count"], 0, "{report}");
    assert!(error.contains("differences with chain 1337"), "{error}");
    stack.leave().await;
}
