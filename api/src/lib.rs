//! The binary `gage`: HTTP, GraphQL, sign-in, the command line, and the composition root.
//!
//! # What may know what
//! - [`graphql`] turns mutations into operations for the application's gateway, and answers
//!   queries and subscriptions from the projections. It knows no HTTP.
//! - [`http`] carries GraphQL over HTTP, WebSocket and server-sent events, and holds health and
//!   metrics. It knows no business.
//! - [`identity`] turns signatures into sessions and sessions into viewers.
//! - `wiring` alone names the infrastructure.
//!
//! # Adding a mutation
//! 1. A file in `graphql/mutations/`, named after what it does, with input, payload and
//!    resolver.
//! 2. A new refusal gets its code in `graphql/errors.rs`: the match there has no wildcard.
//! 3. `UPDATE_SCHEMA=1 cargo test -p gage-api --test schema` writes `schema.graphql` anew.

pub mod cli;
pub mod commands;
pub mod config;
pub mod graphql;
pub mod http;
pub mod identity;
pub mod streams;
pub mod telemetry;
mod wiring;
