//! Adapters: what the application's ports are made of.
//!
//! Each module fulfils ports of `gage_application::ports` with one kind of outside thing. The
//! crate may know the application and the domain, never the read models or the API; only the
//! composition root of the binary names it.
//!
//! # Adding an adapter
//! 1. A module named after the outside thing, with a type that implements the port.
//! 2. Failures become the port's errors; the driver's own errors never leave the crate.
//! 3. A test against the real thing in `tests/`.

pub mod chain;
pub mod clock;
pub mod images;
pub mod postgres;
pub mod redis;
