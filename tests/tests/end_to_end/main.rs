//! The whole thing over the real binary, PostgreSQL, Redis and a chain.

mod bad_input;
mod crashes;
mod deadlines;
mod idempotency;
mod main_job;
mod outages;
mod privacy;
mod replicas;
mod stock_race;
mod subscriptions;
