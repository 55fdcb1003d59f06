//! The read models on a real PostgreSQL: given events, when projected, then rows.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails by panicking says where; clippy.toml allows it in test functions only"
)]

mod catalog;
mod exactly_once;
mod ledger;
mod orders;
mod pages;
mod payments;
mod plans;
mod sales;
mod search;
mod setup;
mod support;
