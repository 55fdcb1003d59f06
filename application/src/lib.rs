//! What Gage does, without saying with what.
//!
//! The crate holds the ports (traits that adapters fulfil), the [`gateway`] (the one door for
//! writes), the [`operations`] that go through it, the [`catch_up`] loop on which projections
//! and reactions run, the [`reactions`] between aggregates, [`settlement`] of what is seen on a
//! chain, the watching of reported [`attempts`], the [`reconciliation`] of the event log with the
//! chain, and what auditors look at: the [`history`], its [`replay`] and its [`export`], the
//! [`tree`] by which the log can be proven, and the [`erasure`] of personal data. It knows the domain and nothing else: no SQL, no HTTP,
//! no RPC.
//!
//! # Adding an operation
//! 1. A file in `operations/`, named after what it does, with a struct of typed arguments.
//! 2. Implement [`gateway::Operation`]: read states from the unit, put commands to aggregates.
//! 3. Refusals are values of [`gateway::Refusal`]; the API's exhaustive match asks for a code.

pub mod attempts;
pub mod catch_up;
pub mod erasure;
pub mod event;
pub mod expiry;
pub mod export;
pub mod gateway;
pub mod history;
pub mod log_reader;
pub mod metadata;
pub mod operations;
pub mod ports;
pub mod position;
pub mod progress;
pub mod reactions;
pub mod reconciliation;
pub mod replay;
pub mod settlement;
pub mod tail;
pub mod tree;
