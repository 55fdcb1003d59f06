//! The read models on a real PostgreSQL: given events, when projected, then rows.

mod catalog;
mod exactly_once;
mod orders;
mod pages;
mod payments;
mod plans;
mod search;
mod setup;
mod support;
