//! Rebuilding read models from a real log, beside live ones that go on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking says where; clippy.toml allows it in test functions only"
)]

mod beside_live;
mod cuts;
mod report;
mod story;
mod support;
mod tail;
