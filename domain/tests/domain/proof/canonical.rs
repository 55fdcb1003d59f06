//! The one text of a JSON value. That it is PostgreSQL's own is tested where PostgreSQL is
//! (`infrastructure/tests/tree`).

use gage_domain::proof::{NotCanonical, canonical};
use proptest::prelude::*;

#[test]
fn keys_are_ordered_by_length_and_then_by_bytes() {
    let json = r#"{"bb":1,"a":2,"ab":3,"é":4,"":5}"#;
    let expected = r#"{"": 5, "a": 2, "ab": 3, "bb": 1, "é": 4}"#;
    assert_eq!(canonical(json).as_deref(), Ok(expected));
}

#[test]
fn numbers_keep_every_digit() {
    let json = "[9007199254740993, 123456789012345678901234567890, 1.10, -0.5, 0]";
    assert_eq!(canonical(json).as_deref(), Ok(json));
}

#[test]
fn layout_and_escapes_make_no_difference() {
    let spread = "{\n  \"b\" : [ true,false , null ],\n\t\"a\" : \"\\u0041\\/\\u00e9\\n\" }";
    let expected = r#"{"a": "A/é\n", "b": [true, false, null]}"#;
    assert_eq!(canonical(spread).as_deref(), Ok(expected));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    for json in [r#"{"a":1,"a":1}"#, r#"[{"x":{"a":1,"\u0061":2}}]"#] {
        let found = canonical(json);
        assert!(matches!(found, Err(NotCanonical::NoJson { .. })), "{json}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for json in ["", "{", "{} {}", "nul", "[1,]", "{\"a\"}", "\"\\ud800\""] {
        let found = canonical(json);
        assert!(matches!(found, Err(NotCanonical::NoJson { .. })), "{json}");
    }
}

#[test]
fn deep_nesting_is_refused_without_overflowing_the_stack() {
    let json = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(canonical(&json).is_err());
    let bearable = format!("{}{}", "[".repeat(60), "]".repeat(60));
    assert_eq!(canonical(&bearable), Ok(bearable));
}

proptest! {
    #[test]
    fn a_canonical_text_is_its_own_canonical_text(texts in prop::collection::vec(".{0,8}", 0..5)) {
        let members: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| {
                let key = serde_json::to_string(&format!("{text}{number}")).expect("a string");
                let value = serde_json::to_string(text).expect("a string");
                format!("{key}:{{\"v\":[{value},{number}]}}")
            })
            .collect();
        let once = canonical(&format!("{{{}}}", members.join(","))).expect("JSON");
        prop_assert_eq!(canonical(&once), Ok(once));
    }
}
