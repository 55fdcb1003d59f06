//! The schema as it is committed.

use std::{fs, path::Path};

use gage_api::graphql::{errors::ErrorCode, schema::sdl};

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let served = sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &served).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    let differs = committed
        .lines()
        .zip(served.lines())
        .find(|(old, new)| old != new);
    assert!(
        committed == served,
        "schema.graphql has drifted, first at {differs:?}; \
         UPDATE_SCHEMA=1 cargo test -p gage-api --test api writes it anew"
    );
}

#[test]
fn everything_in_the_schema_is_documented() {
    let sdl = sdl();
    let lines: Vec<&str> = sdl.lines().collect();
    let bare: Vec<&str> = lines
        .windows(2)
        .filter(|pair| {
            let line = pair[1];
            let declares = ["type ", "input ", "enum ", "interface "]
                .iter()
                .any(|word| line.starts_with(word));
            // Relay's own types come from the library, without words of ours.
            let relay = ["Connection", "Edge", "PageInfo"]
                .iter()
                .any(|word| line.contains(word));
            declares && !relay && pair[0].trim() != "\"\"\""
        })
        .map(|pair| pair[1])
        .collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn codes_are_spelled_as_in_the_schema() {
    assert_eq!(ErrorCode::OutOfStock.name(), "OUT_OF_STOCK");
    assert!(sdl().contains("\tOUT_OF_STOCK\n"));
}
