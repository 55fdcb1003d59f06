//! The GraphQL API: its schema, and how a document becomes an answer. It knows no transport.

pub mod answer;
mod audience;
pub mod context;
mod documents;
pub mod engine;
pub mod errors;
mod kept;
pub mod limits;
pub mod live;
mod lookup;
pub mod mutations;
pub mod node_id;
pub mod nulls;
pub mod order;
pub mod pages;
pub mod queries;
pub mod scalars;
pub mod schema;
mod sight;
pub mod subscriptions;
pub mod types;
