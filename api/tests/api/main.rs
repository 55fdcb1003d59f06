//! The API where no database is needed: configuration, schema, transports, the sign-in desk.
//! What needs a whole server is tested in the crate `gage-tests`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking says where; clippy.toml allows it in test functions only"
)]

mod config;
mod desk;
mod events;
mod health;
mod http;
mod pages;
mod schema;
mod socket;
mod support;
