//! What the end-to-end tests, the demo and the benchmark (`bench`) stand on: real parts
//! ([`stack`]), a client of the public API ([`client`]), and people who use it ([`actors`]).
//!
//! Tests name behaviour in sentences, and never reach behind the API but to audit what is stored.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "made for tests, which fail by panicking where something is not as it must be"
)]

pub mod actors;
pub mod bench;
pub mod chains;
pub mod client;
pub mod database;
pub mod feed;
pub mod node;
pub mod process;
pub mod server;
pub mod stack;
pub mod subscription;
pub mod token;
pub mod wait;
