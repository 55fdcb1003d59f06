//! The event log on a real PostgreSQL.

#[path = "../support/mod.rs"]
mod support;

mod append_only;
mod chain;
mod checkpoints;
mod lost_connections;
mod moved_log;
mod readers;
mod replay;
mod snapshots;
mod stock_tools;
mod upcasting;
mod writers;
