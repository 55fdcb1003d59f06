//! Many buyers, one product.

use std::collections::BTreeMap;

use alloy::signers::local::PrivateKeySigner;
use futures::{StreamExt, stream};
use gage_tests::{
    actors::{Person, Stock},
    node::wallet,
    stack::Stack,
};

const BUYERS: usize = 1_000;
const UNITS: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_customers_race_for_a_hundred_units() {
    let stack = Stack::new().await;
    let url = stack.server.url();
    let owner = Person::signed_in(&url, wallet(0)).await;
    let shop = owner.opens_shop("Flash sale").await;
    let tea = owner.sells(&shop, "First flush", 5_000, UNITS).await;
    let customers: Vec<Person> = stream::iter(0..BUYERS)
        .map(|_| Person::signed_in(&url, PrivateKeySigner::random()))
        .buffer_unordered(32)
        .collect()
        .await;

    let attempts = customers
        .iter()
        .map(|customer| customer.orders(&shop, &tea, 1));
    let mut answers: BTreeMap<String, u32> = BTreeMap::new();
    for answer in futures::future::join_all(attempts).await {
        let name = answer.map_or_else(|refused| refused.code, |_| "placed".to_owned());
        *answers.entry(name).or_default() += 1;
    }
    let expected = BTreeMap::from([("placed".to_owned(), 100), ("OUT_OF_STOCK".to_owned(), 900)]);
    assert_eq!(answers, expected);
    owner
        .finds(&tea, Stock::of(UNITS.into(), UNITS.into()))
        .await;
    audit(&stack).await;
    stack.end().await;
}

/// What is stored: a hundred whole orders, and a stream without gaps that never reserved more
/// than there was.
async fn audit(stack: &Stack) {
    let pool = stack.database.pool().await;
    let counts: Vec<(String, i64)> =
        sqlx::query_as("SELECT event_type, count(*) FROM events GROUP BY 1")
            .fetch_all(&pool)
            .await
            .unwrap();
    let counts: BTreeMap<&str, i64> = counts.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    for event in ["OrderPlaced", "StockReserved", "PaymentRequested"] {
        assert_eq!(
            counts.get(event),
            Some(&i64::from(UNITS)),
            "{event}: {counts:?}"
        );
    }
    let whole: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM events o
           JOIN events p ON p.event_type = 'PaymentRequested' AND p.aggregate_id = o.aggregate_id
           JOIN events s ON s.event_type = 'StockReserved'
                        AND s.payload->'StockReserved'->>'order' = o.aggregate_id
          WHERE o.event_type = 'OrderPlaced' AND p.xact_id = o.xact_id AND s.xact_id = o.xact_id",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(whole, i64::from(UNITS), "half-made orders");
    let (events, last): (i64, i64) = sqlx::query_as(
        "SELECT count(*), max(sequence) FROM events WHERE aggregate_type = 'Inventory'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(events, last, "the stock's stream has gaps");
    pool.close().await;
}
