//! Payments: what was asked for, what the chain showed, and where the money is.

mod apply;
mod queries;
mod rows;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use sqlx::PgConnection;

pub use self::{
    queries::PaymentQueries,
    rows::{AttemptRow, FundingRow, PaymentRow, PaymentStatus},
};
use crate::{failure::ApplyError, projection::Projection};

/// The read model of payments.
#[derive(Debug, Clone, Copy)]
pub struct Payments;

#[async_trait]
impl Projection for Payments {
    const NAME: &'static str = "payments";
    const VERSION: i32 = 1;
    const SCHEMA: &'static str = "payments_v1";
    const DDL: &'static str = include_str!("schema.sql");

    async fn apply(db: &mut PgConnection, event: &Recorded) -> Result<Vec<Notice>, ApplyError> {
        apply::apply(db, event).await
    }
}
