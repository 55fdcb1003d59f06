//! The Merkle tree over the event log, on a real PostgreSQL.

#![expect(
    clippy::expect_used,
    reason = "a test that fails by panicking says where"
)]

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with other test binaries")]
mod support;

mod corruption;
mod growing;
mod printed;
mod signing;
mod world;
