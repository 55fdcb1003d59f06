//! The rules of Gage: what can be asked of a shop, what can have happened, and what must
//! always hold.
//!
//! # What it is for
//!
//! Six aggregates, each a stream of events with two pure functions ([`Decider`]): `decide`
//! says which events a command leads to, or which named rule forbids it; `evolve` says what
//! an event makes of the state.
//!
//! | module | stream | must always hold |
//! |---|---|---|
//! | [`shop`] | one per shop | one owner wallet |
//! | [`product`] | one per product | one shop; published means a price and a name |
//! | [`inventory`] | one per SKU | reserved ≤ on hand; one reservation per order |
//! | [`order`] | one per order | only legal transitions; prices frozen at placing |
//! | [`payment`] | one per order | a log credits once; funded = held + released + refunded |
//! | [`payout`] | one per chain, escrow, account and token | a withdrawal counts once |
//!
//! Beside them stand two kernels that further aggregates will share: [`allotment`] for all
//! that is limited, [`escrow`] for all that holds value; and [`proof`], by which anyone can check
//! that the history is what it was.
//!
//! # What it may know
//!
//! Nothing that happens elsewhere: no I/O, no clock, no randomness, no `async`, no floats.
//! Time and ids arrive in the command. Of the chain it knows value types only (addresses,
//! hashes, amounts), of storage nothing at all.
//!
//! # Adding the next aggregate
//!
//! 1. An id in [`ids`].
//! 2. A folder `<aggregate>` with `events.rs` (the event enum, its `TYPES`, its versions),
//!    `state.rs` (an enum of phases and `evolve`), `decide.rs` (commands, rejections,
//!    `decide`) and `mod.rs` (the [`Decider`] implementation).
//! 3. A variant of [`Rejection`], and a line in [`Upcasters::current`].
//! 4. Its rules as tests in `tests/domain/<aggregate>.rs`, what must always hold as properties
//!    in `tests/domain/always/<aggregate>.rs`, and a golden file for each event in
//!    `tests/golden/<Aggregate>/<Event>-1.0.0.json`.
//!
//! # Changing an event
//!
//! A golden file is never edited. A changed event gets a new version in its `events.rs`, a
//! new golden file beside the old one, and a step in [`Upcasters::current`] that turns the
//! old form into the new.

#![deny(clippy::float_arithmetic)]

pub mod allotment;
pub mod decider;
pub mod escrow;
pub mod ids;
pub mod inventory;
pub mod order;
pub mod payment;
pub mod payout;
pub mod personal;
pub mod policy;
pub mod product;
pub mod proof;
pub mod rate;
pub mod rejection;
pub mod shop;
pub mod text;
pub mod upcast;
pub mod value;

pub use decider::{Cqrs, Decider, Stamped};
pub use rejection::Rejection;
pub use upcast::{UpcastError, Upcasters};
