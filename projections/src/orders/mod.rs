//! Orders: what was bought, how far it is, and all that happened to it.

mod apply;
mod milestone;
mod queries;
mod rows;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use sqlx::PgConnection;

pub use self::{
    milestone::Milestone,
    queries::OrderQueries,
    rows::{LineRow, OrderRow, TimelineRow},
};
use crate::{failure::ApplyError, projection::Projection};

/// The read model of orders.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

#[async_trait]
impl Projection for Orders {
    const NAME: &'static str = "orders";
    const VERSION: i32 = 1;
    const SCHEMA: &'static str = "orders_v1";
    const DDL: &'static str = include_str!("schema.sql");

    async fn apply(db: &mut PgConnection, event: &Recorded) -> Result<Vec<Notice>, ApplyError> {
        apply::apply(db, event).await
    }
}
