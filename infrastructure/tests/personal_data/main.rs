//! Customers' keys on a real PostgreSQL: made once, destroyed for good, never in the clear.

#![expect(
    clippy::expect_used,
    reason = "a test that fails by panicking says where"
)]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with other test binaries")]
mod support;

use std::{collections::HashSet, sync::Arc};

use futures::future::join_all;
use gage_application::{
    metadata::Actor,
    ports::{
        clock::Entropy,
        personal_data::{Delivery, Erasure, KeyState, PersonalData, Reading, SealError},
    },
};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    order::{OrderEvent, OrderLine},
    personal::{DeliveryDetails, DeliveryGiven, PersonalKeyId, Sealed},
    text::LocalizedText,
    value::{Address, Asset, BaseUnits, Price, Quantity},
};
use gage_infrastructure::{
    clock::SystemEntropy,
    postgres::{PostgresPersonalData, WrappingKey},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::support::TestDb;

const CUSTOMER: Address = Address::repeat_byte(0x0c);
const STRANGER: Address = Address::repeat_byte(0x0d);

fn keys(pool: &PgPool, wrapping: u8) -> PostgresPersonalData {
    let wrapping = Some(WrappingKey::new([wrapping; 32]));
    PostgresPersonalData::new(pool.clone(), wrapping, Arc::new(SystemEntropy))
}

fn hong() -> DeliveryDetails {
    DeliveryDetails::new(DeliveryGiven {
        recipient: "홍길동".to_owned(),
        contact: "010-1234-5678".to_owned(),
        address: "서울특별시 종로구 사직로 161".to_owned(),
        ..DeliveryGiven::default()
    })
    .expect("details")
}

fn order(number: u128) -> OrderId {
    OrderId(Uuid::from_u128(number))
}

fn erasure(customer: Address, request: &str) -> Erasure {
    Erasure {
        customer,
        by: Actor::Wallet(customer),
        request: request.to_owned(),
    }
}

/// An order's first event, as the gateway writes it.
async fn place(db: &TestDb, id: OrderId, buyer: Address, delivery: Option<Sealed>) {
    let product = ProductId(Uuid::from_u128(9));
    let price = Price::token(
        Asset {
            chain_id: 1,
            token: Address::ZERO,
        },
        BaseUnits::from(1_u64),
    );
    let placed = OrderEvent::OrderPlaced {
        buyer,
        shop: ShopId(Uuid::from_u128(5)),
        lines: vec![OrderLine {
            product,
            sku: product.into(),
            name: LocalizedText::new(None, Some("Tea".to_owned())),
            unit_price: price,
            quantity: Quantity::try_from(1_u32).expect("one"),
        }],
        total: price,
        pay_by: OffsetDateTime::UNIX_EPOCH,
        delivery,
    };
    let payload = serde_json::to_value(placed).expect("json");
    written(db, id, "2.1.0", &payload).await;
}

async fn written(db: &TestDb, id: OrderId, version: &str, payload: &Value) {
    sqlx::query(
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, \
                             payload, metadata) \
         VALUES ('Order', $1, 1, 'OrderPlaced', $2, $3, '{}')",
    )
    .bind(id.to_string())
    .bind(version)
    .bind(payload)
    .execute(&db.pool)
    .await
    .expect("written");
}

async fn look(keys: &PostgresPersonalData, id: OrderId, reading: Reading) -> Option<Delivery> {
    let mut found = keys.deliveries(&[id], reading).await.expect("answers");
    found.remove(&id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_orders_at_the_same_moment_make_one_key() {
    let db = TestDb::new().await;
    let pool = db.pool_of(16).await;
    let keys = keys(&pool, 7);
    let details = hong();
    let sealing = (0..64).map(|number| keys.seal(CUSTOMER, order(number), &details));
    let sealed = join_all(sealing).await;
    let used: HashSet<PersonalKeyId> = sealed
        .iter()
        .map(|sealed| sealed.as_ref().expect("sealed").key())
        .collect();
    assert_eq!(used.len(), 1);
    assert_eq!(db.number("SELECT count(*) FROM personal_keys").await, 1);
    let other = keys.seal(STRANGER, order(1), &details).await;
    assert!(!used.contains(&other.expect("sealed").key()));
}

#[tokio::test]
async fn a_repeated_request_is_sealed_to_the_same_bytes() {
    let db = TestDb::new().await;
    let details = hong();
    let first = keys(&db.pool, 7).seal(CUSTOMER, order(1), &details).await;
    // Another replica, later.
    let again = keys(&db.pool, 7).seal(CUSTOMER, order(1), &details).await;
    assert_eq!(first.expect("sealed"), again.expect("sealed"));
}

#[tokio::test]
async fn what_was_erased_is_gone_on_every_replica_and_the_next_data_have_a_key_of_their_own() {
    let db = TestDb::new().await;
    let (one, other) = (keys(&db.pool, 7), keys(&db.pool, 7));
    let sealed = one.seal(CUSTOMER, order(1), &hong()).await.expect("sealed");
    place(&db, order(1), CUSTOMER, Some(sealed.clone())).await;
    let theirs = one.seal(STRANGER, order(2), &hong()).await.expect("sealed");
    place(&db, order(2), STRANGER, Some(theirs)).await;
    place(&db, order(3), CUSTOMER, None).await;
    let open = Some(Delivery::Open(hong()));
    assert_eq!(look(&other, order(1), Reading::Open).await, open);
    assert_eq!(
        look(&other, order(1), Reading::Closed).await,
        Some(Delivery::Sealed)
    );
    assert_eq!(look(&other, order(3), Reading::Open).await, None);

    let erased = one.erase(&erasure(CUSTOMER, "a")).await.expect("erased");
    assert_eq!(erased.keys, 1);
    for reading in [Reading::Open, Reading::Closed] {
        let found = look(&other, order(1), reading).await;
        assert_eq!(found, Some(Delivery::Erased));
    }
    assert_eq!(look(&other, order(2), Reading::Open).await, open);
    let states = other.key_states(&[sealed.key()]).await.expect("answers");
    assert_eq!(states[&sealed.key()], KeyState::Erased);
    assert_eq!(
        db.number("SELECT count(*) FROM personal_keys WHERE wrapped IS NOT NULL")
            .await,
        1
    );

    // A late repetition erases nothing that came since.
    let next = one.seal(CUSTOMER, order(4), &hong()).await.expect("sealed");
    assert_ne!(next.key(), sealed.key());
    place(&db, order(4), CUSTOMER, Some(next)).await;
    let repeated = other
        .erase(&erasure(CUSTOMER, "a"))
        .await
        .expect("answered");
    assert_eq!(repeated, erased);
    assert_eq!(look(&other, order(4), Reading::Open).await, open);
    let again = other.erase(&erasure(CUSTOMER, "b")).await.expect("erased");
    assert_eq!(again.keys, 1);
    let nothing = other.erase(&erasure(CUSTOMER, "c")).await.expect("erased");
    assert_eq!(nothing.keys, 0);
    assert_eq!(
        look(&one, order(4), Reading::Open).await,
        Some(Delivery::Erased)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_erasure_at_the_same_moment_is_done_once() {
    let db = TestDb::new().await;
    let keys = keys(&db.pool, 7);
    keys.seal(CUSTOMER, order(1), &hong())
        .await
        .expect("sealed");
    let erasure = erasure(CUSTOMER, "a");
    let erased = join_all((0..16).map(|_| keys.erase(&erasure))).await;
    let told: HashSet<(OffsetDateTime, u32)> = erased
        .iter()
        .map(|erased| erased.as_ref().expect("erased"))
        .map(|erased| (erased.at, erased.keys))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(db.number("SELECT count(*) FROM personal_erasures").await, 1);
}

#[tokio::test]
async fn nothing_opens_elsewhere_nor_with_another_key() {
    let db = TestDb::new().await;
    let keys = keys(&db.pool, 7);
    let mine = keys
        .seal(CUSTOMER, order(1), &hong())
        .await
        .expect("sealed");
    // Somebody copies it into an order of their own.
    place(&db, order(1), CUSTOMER, Some(mine.clone())).await;
    place(&db, order(2), STRANGER, Some(mine.clone())).await;
    place(&db, order(3), CUSTOMER, Some(mine.clone())).await;
    let unknown = PersonalKeyId(Uuid::from_u128(99));
    let lost = Sealed::new(unknown, mine.ciphertext().to_vec()).expect("sealed");
    place(&db, order(4), CUSTOMER, Some(lost)).await;
    let garbled = json!({ "OrderPlaced": { "delivery": { "key": "no key" } } });
    written(&db, order(5), "2.1.0", &garbled).await;

    let all: Vec<OrderId> = (1..=6).map(order).collect();
    let found = keys.deliveries(&all, Reading::Open).await.expect("answers");
    assert_eq!(found[&order(1)], Delivery::Open(hong()));
    for copied in 2..=5 {
        assert_eq!(found[&order(copied)], Delivery::Unreadable, "{copied}");
    }
    assert!(!found.contains_key(&order(6)));
    let states = keys.key_states(&[unknown]).await.expect("answers");
    assert_eq!(states[&unknown], KeyState::Missing);

    let other = self::keys(&db.pool, 8);
    assert_eq!(
        look(&other, order(1), Reading::Open).await,
        Some(Delivery::Unreadable)
    );
    let refused = other.seal(CUSTOMER, order(7), &hong()).await;
    assert_eq!(refused, Err(SealError::OtherKey));
    assert!(other.is_wrapped_otherwise().await.expect("answers"));
    assert!(!keys.is_wrapped_otherwise().await.expect("answers"));

    let none = PostgresPersonalData::new(db.pool.clone(), None, Arc::new(SystemEntropy));
    let refused = none.seal(CUSTOMER, order(7), &hong()).await;
    assert_eq!(refused, Err(SealError::NoKey));
    assert_eq!(
        look(&none, order(1), Reading::Open).await,
        Some(Delivery::Unreadable)
    );
    assert_eq!(
        look(&none, order(1), Reading::Closed).await,
        Some(Delivery::Sealed)
    );
}

/// A key that can be told from anything else in the database.
struct Telling;

impl Entropy for Telling {
    fn secret(&self) -> [u8; 32] {
        [0xd7; 32]
    }

    fn id(&self) -> Uuid {
        SystemEntropy.id()
    }

    fn below(&self, bound: u64) -> u64 {
        SystemEntropy.below(bound)
    }
}

#[tokio::test]
async fn the_database_holds_no_key_in_the_clear() {
    let db = TestDb::new().await;
    let wrapping = Some(WrappingKey::new([0xe9; 32]));
    let keys = PostgresPersonalData::new(db.pool.clone(), wrapping, Arc::new(Telling));
    keys.seal(CUSTOMER, order(1), &hong())
        .await
        .expect("sealed");
    for needle in ["d7d7d7d7", "e9e9e9e9"] {
        let found = format!(
            "SELECT count(*) FROM personal_keys WHERE encode(wrapped, 'hex') LIKE '%{needle}%'"
        );
        assert_eq!(db.number(&found).await, 0);
    }
}

/// Old orders have nothing to deliver, in whatever version they were written.
#[tokio::test]
async fn an_order_of_an_older_version_has_no_delivery() {
    let db = TestDb::new().await;
    let keys = keys(&db.pool, 7);
    let first: Value = serde_json::from_str(include_str!(
        "../../../domain/tests/golden/Order/OrderPlaced-1.0.0.json"
    ))
    .expect("json");
    written(&db, order(1), "1.0.0", &first).await;
    let second: Value = serde_json::from_str(include_str!(
        "../../../domain/tests/golden/Order/OrderPlaced-2.0.0.json"
    ))
    .expect("json");
    written(&db, order(2), "2.0.0", &second).await;
    for number in [1, 2] {
        assert_eq!(look(&keys, order(number), Reading::Open).await, None);
    }
}

#[tokio::test]
async fn keys_are_wrapped_anew_and_copies_of_erased_ones_open_no_more() {
    let db = TestDb::new().await;
    let (old, new) = (keys(&db.pool, 7), keys(&db.pool, 8));
    let sealed = old.seal(CUSTOMER, order(1), &hong()).await.expect("sealed");
    place(&db, order(1), CUSTOMER, Some(sealed)).await;
    let theirs = old.seal(STRANGER, order(2), &hong()).await.expect("sealed");
    place(&db, order(2), STRANGER, Some(theirs)).await;
    // A backup of the row, and then an erasure.
    sqlx::raw_sql("CREATE TABLE backup AS SELECT * FROM personal_keys")
        .execute(&db.pool)
        .await
        .expect("copied");
    old.erase(&erasure(STRANGER, "a")).await.expect("erased");

    let rewrapped = old.rewrap(&WrappingKey::new([8; 32])).await;
    assert_eq!(rewrapped, Ok(1));
    let again = old.rewrap(&WrappingKey::new([8; 32])).await;
    assert_eq!(again, Ok(0), "it can be carried on where it stopped");
    let open = Some(Delivery::Open(hong()));
    assert_eq!(look(&new, order(1), Reading::Open).await, open);
    assert_eq!(
        look(&old, order(1), Reading::Open).await,
        Some(Delivery::Unreadable)
    );
    let third = old.rewrap(&WrappingKey::new([9; 32])).await;
    assert_eq!(third, Err(SealError::OtherKey));

    // The backup's row is put back: without the old key it opens nothing.
    sqlx::raw_sql(
        "UPDATE personal_keys k SET wrapped = b.wrapped, erased_at = NULL FROM backup b \
         WHERE b.id = k.id AND k.erased_at IS NOT NULL",
    )
    .execute(&db.pool)
    .await
    .expect("restored");
    assert_eq!(
        look(&new, order(2), Reading::Open).await,
        Some(Delivery::Unreadable)
    );
    assert_eq!(look(&old, order(2), Reading::Open).await, open);
}
