//! A log with everything that can happen in it, replayed: sound, and after somebody who can write
//! to the database changed something.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails by panicking says where; clippy.toml allows it in test functions only"
)]

mod corruptions;
mod export;
mod history;
mod history_pages;
mod sound;
mod world;
