//! Stored events of older versions are read through the upcasters, and never guessed at.

use gage_application::{
    event::{Decoder, Fact, StreamName},
    ports::event_log::{EventLog, LogError},
};
use gage_domain::{
    ids::SkuId,
    inventory::{Inventory, InventoryEvent},
    upcast::{MalformedPayload, Upcasters, Version},
    value::Quantity,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestDb, read_all};

/// As if `StockReceived` had once named its field `pieces`.
#[expect(clippy::needless_pass_by_value, reason = "the shape of a step")]
fn pieces_to_quantity(payload: Value) -> Result<Value, MalformedPayload> {
    let pieces = payload
        .pointer("/StockReceived/pieces")
        .ok_or(MalformedPayload { field: "pieces" })?;
    Ok(json!({ "StockReceived": { "quantity": pieces } }))
}

fn decoder() -> Decoder {
    let event = ("Inventory", "StockReceived");
    let (old, new) = (Version::new(0, 9, 0), Version::new(1, 0, 0));
    Decoder::with(Upcasters::current().step(event, old, new, pieces_to_quantity))
}

async fn store(db: &TestDb, sku: SkuId, sequence: i64, version: &str, payload: Value) {
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata)
         VALUES ('Inventory', $1, $2, 'StockReceived', $3, $4, '{}')",
    )
    .bind(sku.to_string())
    .bind(sequence)
    .bind(version)
    .bind(payload)
    .execute(&db.pool)
    .await
    .expect("stores");
}

#[tokio::test]
async fn an_old_event_is_read_in_its_current_form() {
    let db = TestDb::new().await;
    let log = db.log();
    let sku = SkuId(Uuid::from_u128(1));
    store(
        &db,
        sku,
        1,
        "0.9.0",
        json!({ "StockReceived": { "pieces": 3 } }),
    )
    .await;
    store(
        &db,
        sku,
        2,
        "1.0.0",
        json!({ "StockReceived": { "quantity": 4 } }),
    )
    .await;
    let received = |pieces: u32| InventoryEvent::StockReceived {
        quantity: Quantity::try_from(pieces).expect("a quantity"),
    };

    let loaded = log
        .load(&StreamName::of::<Inventory>(sku), 0)
        .await
        .expect("loads");
    let typed: Vec<InventoryEvent> = loaded
        .iter()
        .map(|stored| decoder().event::<Inventory>(stored).expect("decodes"))
        .collect();
    assert_eq!(typed, [received(3), received(4)]);
    assert_eq!(
        loaded[0].payload.parse::<serde_json::Value>().unwrap(),
        json!({ "StockReceived": { "pieces": 3 } }),
        "the log keeps it"
    );

    let facts: Vec<Fact> = read_all(&log, 2)
        .await
        .into_iter()
        .map(|stored| decoder().decode(&stored).expect("decodes").fact)
        .collect();
    assert_eq!(
        facts,
        [
            Fact::Inventory(sku, received(3)),
            Fact::Inventory(sku, received(4))
        ]
    );
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_an_error_that_names_the_event() {
    let db = TestDb::new().await;
    let log = db.log();
    let payload = json!({ "StockReceived": { "quantity": 4 } });
    let versions = ["0.8.0", "1.1.0", "1.0", "one"];
    for (version, sequence) in versions.into_iter().zip(1..) {
        store(
            &db,
            SkuId(Uuid::from_u128(1)),
            sequence,
            version,
            payload.clone(),
        )
        .await;
    }
    for stored in read_all(&log, versions.len()).await {
        let error = decoder().decode(&stored).expect_err("unknown version");
        let LogError::Corrupt {
            stream, sequence, ..
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!(
            (stream, *sequence),
            (&stored.stream.to_string(), stored.sequence)
        );
    }
}
