//! The event log on a real PostgreSQL.

#![expect(
    clippy::expect_used,
    reason = "a test that fails by panicking says where"
)]

#[path = "../support/mod.rs"]
mod support;

mod append_only;
mod chain;
mod checkpoints;
mod lost_connections;
mod moved_log;
mod plans;
mod readers;
mod replay;
mod snapshots;
mod stock_tools;
mod stress;
mod upcasting;
mod writers;
