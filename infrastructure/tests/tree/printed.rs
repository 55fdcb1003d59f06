//! The canonical text is what PostgreSQL prints a `jsonb` as, for whatever is in it.

use gage_domain::proof::canonical;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use sqlx::Row;

use crate::world::World;

/// Any text but NUL, which PostgreSQL does not store.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,3}",
        "[ -~]{0,6}",
        "\\PC{0,6}",
        prop::collection::vec(any::<char>().prop_filter("no NUL", |c| *c != '\0'), 0..6)
            .prop_map(String::from_iter),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((texts(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[tokio::test]
async fn canonical_texts_are_those_of_postgresql() {
    let world = World::new().await;
    let mut runner = TestRunner::deterministic();
    let mut written: Vec<String> = (0..1_500)
        .map(|_| {
            values()
                .new_tree(&mut runner)
                .expect("a value")
                .current()
                .to_string()
        })
        .collect();
    // What serde_json does not write, and others might.
    written.extend(
        [
            r#"{"a" :1.0,"b":[ 10.50, -0.0001, 123456789012345678901234567890 ]}"#,
            "\"\\u0041\\/\\u00e9\\ud83d\\ude00\\u001f\\u007f\"",
            " [ ] ",
            "{ }",
        ]
        .map(str::to_owned),
    );
    let rows = sqlx::query("SELECT t, t::jsonb::text FROM unnest($1::text[]) AS t")
        .bind(&written)
        .fetch_all(&world.db.pool)
        .await
        .expect("prints");
    for row in rows {
        let (json, printed): (String, String) = (row.get(0), row.get(1));
        assert_eq!(canonical(&json), Ok(printed.clone()), "of {json}");
        assert_eq!(canonical(&printed), Ok(printed.clone()), "of {printed}");
    }
}
