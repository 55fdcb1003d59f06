//! Proofs of the history: what a customer keeps can be checked without the server, and whatever
//! the database's administrator changes is found.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use gage_tests::{actors::Person, node::wallet, server::binary, stack::Stack, wait::until};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_mins(1);

/// What is done to a receipt.
type Edit = fn(&mut Value);

/// A shop with an order that is paid.
struct Story {
    owner: Person,
    customer: Person,
    shop: String,
    tea: String,
    order: String,
}

async fn story(stack: &Stack) -> Story {
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let customer = Person::signed_in(&url, wallet(1)).await;
    let shop = owner.opens_shop("Tea house").await;
    let tea = owner.sells(&shop, "Green tea", 5_000, 10).await;
    let order = customer.orders(&shop, &tea, 3).await.unwrap();
    customer.pays(&stack.node.url(), &order).await;
    customer.sees(&order, "PAID").await;
    Story {
        owner,
        customer,
        shop,
        tea,
        order,
    }
}

async fn ask(person: &Person, document: &str, variables: Value) -> Value {
    person.client.ask(document, variables).await.unwrap()
}

/// The receipt that somebody downloads, once it is complete and `enough`.
pub(crate) async fn receipt(
    person: &Person,
    order: &str,
    enough: impl Fn(&Value) -> bool,
) -> Value {
    let document = "query($id: ID!) { order(id: $id) { receipt { fileName json } } }";
    until("the receipt", SOON, async || {
        let data = ask(person, document, json!({ "id": order })).await;
        let json = data["order"]["receipt"]["json"].as_str()?;
        let receipt: Value = serde_json::from_str(json).unwrap();
        let complete = receipt["pending"] == 0 && enough(&receipt);
        complete.then_some(receipt)
    })
    .await
}

fn is_paid(receipt: &Value) -> bool {
    let mut events = receipt["events"].as_array().unwrap().iter();
    events.any(|event| event["eventType"] == "OrderPaid")
}

/// `TYPE:UUID` of a global id.
pub(crate) fn stream(id: &str, aggregate_type: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let named = String::from_utf8(URL_SAFE_NO_PAD.decode(id).unwrap()).unwrap();
    let (_, uuid) = named.split_once(':').unwrap();
    format!("{aggregate_type}:{uuid}")
}

pub(crate) fn written(folder: &Path, name: &str, document: &Value) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, serde_json::to_string_pretty(document).unwrap()).unwrap();
    path
}

/// The verifier alone: no settings, no database, no server.
pub(crate) fn verify(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.env_clear().args(["audit", "verify"]).arg(file);
    command.args(more).output().unwrap()
}

fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn proven(output: &Output) -> String {
    let text = text(output);
    assert!(output.status.success(), "{text}");
    text
}

fn refused(output: &Output, because: &str) {
    let text = text(output);
    assert!(!output.status.success() && text.contains(because), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_proves_an_order_without_the_server() {
    let mut stack = Stack::new().await;
    let story = story(&stack).await;
    let honest = receipt(&story.customer, &story.order, is_paid).await;
    let key = stack.server.run(&["audit", "key"]).trim().to_owned();
    let folder = stack.folder().to_owned();
    let file = written(&folder, "receipt.json", &honest);
    stack.server.stop();

    let told = proven(&verify(&file, &["--key", &key]));
    for line in [
        "shop.example/log signed that its log has",
        "#1 OrderPlaced is event",
        "#2 OrderPaid is event",
        "PaymentConfirmed is event",
        "none before the last is left out",
    ] {
        assert!(told.contains(line), "{line:?} is not in {told}");
    }
    // Without the shop's key it says whose key it took.
    assert!(proven(&verify(&file, &[])).contains("not checked whether"));
    let stranger = "shop.example/log+00000000+AAAA";
    refused(&verify(&file, &["--key", stranger]), "--key");

    let edits: [(&str, Edit, &str); 4] = [
        (
            "payload",
            |receipt| receipt["events"][0]["payload"]["OrderPlaced"]["buyer"] = json!("0x00"),
            "#1 OrderPlaced",
        ),
        (
            "time",
            |receipt| receipt["events"][1]["recordedAt"] = json!("2026-01-01T00:00:00Z"),
            "#1 PaymentRequested",
        ),
        (
            "left out",
            |receipt| drop(receipt["events"].as_array_mut().unwrap().remove(0)),
            "is missing",
        ),
        (
            "checkpoint",
            |receipt| {
                let note = receipt["checkpoint"].as_str().unwrap();
                receipt["checkpoint"] =
                    json!(note.replacen("shop.example/log\n", "shop.example/log\n1", 1));
            },
            "is not signed with the key",
        ),
    ];
    for (what, edit, because) in edits {
        let mut forged = honest.clone();
        edit(&mut forged);
        let file = written(&folder, &format!("{what}.json"), &forged);
        refused(&verify(&file, &["--key", &key]), because);
    }
    refused(&verify(&folder.join("none.json"), &[]), "none.json");
    stack.server.start().await;
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everyone_gets_the_proofs_of_what_they_may_see() {
    let stack = Stack::new().await;
    let story = story(&stack).await;
    receipt(&story.customer, &story.order, is_paid).await;
    let url = stack.server.url();
    let stranger = Person::signed_in(&url, wallet(2)).await;
    let auditor = Person::signed_in(&url, wallet(3)).await;
    let proof = async |person: &Person, stream: &str| {
        let document =
            "query($s: String!) { eventProof(stream: $s, sequence: 1) { fileName json } }";
        let data = ask(person, document, json!({ "s": stream })).await;
        data["eventProof"]["json"].as_str().map(str::to_owned)
    };
    let streams = [
        (stream(&story.order, "Order"), [true, true, false, true]),
        (stream(&story.order, "Payment"), [true, true, false, true]),
        (stream(&story.shop, "Shop"), [false, true, false, true]),
        (stream(&story.tea, "Product"), [false, true, false, true]),
        (stream(&story.tea, "Inventory"), [false, true, false, true]),
        ("Order:nonsense".to_owned(), [false; 4]),
        ("nonsense".to_owned(), [false; 4]),
    ];
    let people = [&story.customer, &story.owner, &stranger, &auditor];
    for (stream, expected) in streams {
        for (person, expected) in people.into_iter().zip(expected) {
            let found = proof(person, &stream).await;
            assert_eq!(found.is_some(), expected, "{stream}");
            if let Some(json) = found {
                let document = serde_json::from_str(&json).unwrap();
                let file = written(stack.folder(), "event.json", &document);
                assert!(proven(&verify(&file, &[])).contains("#1 "));
            }
        }
    }
    let document = "query($id: ID!) { order(id: $id) { receipt { json } } }";
    let data = ask(&stranger, document, json!({ "id": story.order })).await;
    assert_eq!(data["order"], Value::Null);
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoints_are_public_and_shown_to_grow() {
    let stack = Stack::new().await;
    let story = story(&stack).await;
    receipt(&story.customer, &story.order, is_paid).await;
    let document = "query($size: Long) { checkpoint(size: $size) { size root note key issuedAt } }";
    let anonymous = gage_tests::client::Client::new(&stack.server.url());
    let newest = async || {
        let data = anonymous.ask(document, Value::Null).await.unwrap();
        data["checkpoint"].clone()
    };
    let first = newest().await;
    let note = stack
        .server
        .run(&["audit", "checkpoint", first["size"].as_str().unwrap()]);
    assert_eq!(first["note"].as_str(), Some(&*note));
    let key = stack.server.run(&["audit", "key"]);
    assert_eq!(first["key"].as_str(), Some(key.trim()));
    story.owner.receives_stock(&story.tea, 5).await.unwrap();
    until("a later checkpoint", SOON, async || {
        (newest().await["size"] != first["size"]).then_some(())
    })
    .await;
    let growth = "query($from: Long!) { consistencyProof(from: $from) { json } }";
    let data = anonymous
        .ask(growth, json!({ "from": first["size"] }))
        .await;
    let json = data.unwrap()["consistencyProof"]["json"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut document: Value = serde_json::from_str(&json).unwrap();
    let file = written(stack.folder(), "growth.json", &document);
    assert!(proven(&verify(&file, &["--key", key.trim()])).contains("begins with the very"));
    document["proof"][0] = json!(format!("0x{}", "00".repeat(32)));
    let file = written(stack.folder(), "forged.json", &document);
    refused(&verify(&file, &[]), "NOT PROVEN");
    let by_command = stack
        .server
        .run(&["audit", "consistency", first["size"].as_str().unwrap()]);
    assert!(by_command.contains("gage.consistency.v1"));
    stack.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_byte_of_one_payload_changed_by_sql_is_found_and_named() {
    let stack = Stack::new().await;
    let story = story(&stack).await;
    receipt(&story.customer, &story.order, is_paid).await;
    let key = stack.server.run(&["audit", "key"]).trim().to_owned();
    let check = ["audit", "check-tree", "--key", &key];
    assert!(
        stack
            .server
            .run(&check)
            .contains("the event log is what was signed")
    );
    let order = stream(&story.order, "Order");
    let pool = stack.database.pool().await;
    for sql in [
        "ALTER TABLE events DISABLE TRIGGER events_append_only",
        "UPDATE events SET payload = replace(payload::text, '15000', '15001')::jsonb
          WHERE event_type = 'OrderPlaced'",
        "ALTER TABLE events ENABLE TRIGGER events_append_only",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let run = |arguments: &[&str]| {
        let output = stack.server.command().args(arguments).output().unwrap();
        refused(&output, &format!("{order} #1 OrderPlaced"));
    };
    run(&check);
    run(&["audit", "prove", &order]);
    run(&["audit", "prove", &order, "--event", "1"]);
    // Others of the same order are as they were.
    stack
        .server
        .run(&["audit", "prove", &order, "--event", "2"]);
    pool.close().await;
    stack.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_key_says_so_and_keeps_the_tree() {
    let mut stack = Stack::new().await;
    let mut replica = stack.replica();
    stack.server.stop();
    replica.unset("GAGE_CHECKPOINT_KEY_FILE");
    replica.start().await;
    let owner = Person::signed_in(&replica.url(), wallet(0)).await;
    owner.opens_shop("Tea house").await;
    assert!(
        replica
            .logged()
            .contains("no checkpoints of the event log are signed")
    );
    let pool = stack.database.pool().await;
    until("the tree grows", SOON, async || {
        let size: i64 = sqlx::query_scalar("SELECT size FROM tree_head")
            .fetch_one(&pool)
            .await
            .unwrap();
        (size > 0).then_some(())
    })
    .await;
    let signed: i64 = sqlx::query_scalar("SELECT count(*) FROM tree_checkpoints")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(signed, 0);
    pool.close().await;
    replica.stop();
    stack.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_anchored_and_catches_up_when_the_chain_was_away() {
    let mut stack = Stack::with_anchors(&[]).await;
    let story = story(&stack).await;
    let key = stack.server.run(&["audit", "key"]).trim().to_owned();
    let is_anchored = |receipt: &Value| {
        let last = receipt["events"].as_array().unwrap().last().unwrap();
        is_paid(receipt) && receipt["anchor"]["size"].as_u64() > last["index"].as_u64()
    };
    let anchored = receipt(&story.customer, &story.order, is_anchored).await;
    let file = written(stack.folder(), "receipt.json", &anchored);
    let told = proven(&verify(
        &file,
        &["--key", &key, "--node", &stack.node.url()],
    ));
    assert!(told.contains("chain 1337 says so"), "{told}");
    let mut forged = anchored.clone();
    forged["anchor"]["publisher"] = json!(format!("0x{}", "11".repeat(20)));
    let forged = written(stack.folder(), "forged.json", &forged);
    proven(&verify(&forged, &["--key", &key]));
    let asked = verify(&forged, &["--key", &key, "--node", &stack.node.url()]);
    refused(&asked, "has no root of");

    // The chain goes away; the shop goes on.
    stack.node.kill();
    let offline = verify(&file, &["--key", &key, "--node", &stack.node.url()]);
    refused(&offline, "the anchor:");
    proven(&verify(&file, &["--key", &key]));
    story.owner.receives_stock(&story.tea, 5).await.unwrap();
    let anchors = "{ anchors { chainId contract publisher size root transaction state block } }";
    let list = async || ask(&story.owner, anchors, Value::Null).await["anchors"].clone();
    until(
        "the checkpoint of what happened meanwhile",
        SOON,
        async || {
            let data = ask(&story.owner, "{ checkpoint { size } }", Value::Null).await;
            let size: u64 = data["checkpoint"]["size"].as_str()?.parse().ok()?;
            (Some(size) > anchored["anchor"]["size"].as_u64()).then_some(())
        },
    )
    .await;
    until("anchoring waits", SOON, async || {
        (stack.server.metric("gage_anchoring_waiting", "").await > 0.0).then_some(())
    })
    .await;

    stack.node.resume().await;
    let newest = until("a later anchor", SOON, async || {
        let newest = list().await[0].clone();
        let size: u64 = newest["size"].as_str()?.parse().ok()?;
        let later = Some(size) > anchored["anchor"]["size"].as_u64();
        (later && newest["state"] == "CONFIRMED").then_some(newest)
    })
    .await;
    assert!(newest["block"].is_string(), "{newest}");
    stack.end().await;
}
