//! The API where no database is needed: configuration, schema, transports, the sign-in desk.
//! What needs a whole server is tested in the crate `gage-tests`.

mod config;
mod desk;
mod events;
mod health;
mod http;
mod schema;
mod socket;
mod support;
