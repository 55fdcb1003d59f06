//! Read models: what queries and subscriptions answer from.
//!
//! # What it is for
//!
//! A read model turns the event log into rows: [`catalog`] (shops, products, stock),
//! [`orders`] (orders, lines, timelines), [`payments`] (terms, attempts, funding) and [`ledger`]
//! (accounts of the escrow). Its
//! events come through the [`consumer::ProjectionConsumer`], which folds a batch in memory, then
//! writes its rows with one statement a table and moves the checkpoint, in one short
//! transaction. Nothing else writes these tables.
//!
//! Invariants:
//! - every event is applied exactly once, in log order, whatever replicas run;
//! - rows depend on the events alone: [`rebuild`] makes the very same bytes;
//! - a read model is written from its own tables alone; [`sales`] is a question to two of them.
//!
//! Assumption: what an event refers to (an order to its shop, a payment to its order) was
//! written before it, in an earlier append or in an earlier stream of the same one. An event
//! that breaks it is poison, not a row without a parent.
//!
//! # What it may know
//!
//! The application's ports and the domain; SQL of its own tables. Not the event log's tables,
//! and nothing of `infrastructure`.
//!
//! # Adding the next read model
//!
//! 1. A folder with `schema.sql` (its tables), `rows.rs` (what queries return), `fold.rs` (an
//!    exhaustive match on the facts), `store.rs` (loading and writing rows) and `queries.rs`.
//! 2. Implement [`projection::Projection`] in its `mod.rs`.
//! 3. A variant of [`name::ProjectionName`]; the compiler shows the rest.
//! 4. Given / when / then tests for every event in `tests/<name>.rs`.
//!
//! # Changing a read model
//!
//! Change the tables and the handler, raise `VERSION` and `SCHEMA`. The new version is built
//! beside the old one, which older replicas go on reading.

pub mod catalog;
mod columns;
pub mod consumer;
mod entities;
mod failure;
pub mod ledger;
pub mod name;
pub mod orders;
mod page;
pub mod payments;
mod price;
mod progress;
pub mod projection;
pub mod rebuild;
pub mod sales;
pub mod setup;
mod tables;
mod writing;

pub use self::{
    columns::UnknownName,
    failure::{ApplyError, QueryError},
    page::{InvalidPageSize, Listed, Page, PageRequest, PageSize, Take},
};
