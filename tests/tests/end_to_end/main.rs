//! The whole thing over the real binary, PostgreSQL, Redis and a chain.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking where something is not as it must be"
)]

mod attempts;
mod audit;
mod bad_input;
mod chains;
mod console;
mod contract_wallet;
mod crashes;
mod deadlines;
mod history;
mod idempotency;
mod images;
mod ledger;
mod main_job;
mod outages;
mod pages;
mod payment_requests;
mod permits;
mod personal_data;
mod privacy;
mod proofs;
mod reconciliation;
mod replicas;
mod settlement;
mod shared_answers;
mod shared_subscriptions;
mod stock_race;
mod subscriptions;
mod tokens;
