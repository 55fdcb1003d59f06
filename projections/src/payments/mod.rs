//! Payments: what was asked for, what the chain showed, and where the money is.

mod fold;
mod queries;
mod rows;
mod store;

use std::collections::BTreeSet;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use gage_domain::{
    decider::Decider, inventory::Inventory, payout::Payout, product::Product, shop::Shop,
};
use sqlx::PgConnection;

pub use self::{
    queries::PaymentQueries,
    rows::{AttemptRow, DisputeRow, FundingRow, PaymentRow, PaymentStatus, SeenRow},
};
use crate::{
    failure::ApplyError,
    projection::{Extent, Index, Projection},
};

/// The read model of payments.
#[derive(Debug, Clone, Copy)]
pub struct Payments;

#[async_trait]
impl Projection for Payments {
    const NAME: &'static str = "payments";
    const VERSION: i32 = 3;
    const SCHEMA: &'static str = "payments_v3";
    const TABLES: &'static str = include_str!("schema.sql");
    const INDEXES: &'static [Index] = &[
        Index::on(
            "attempts",
            "attempts_reported",
            "(order_id, xact_id, position)",
        ),
        Index::on(
            "payments",
            "payments_to_decide",
            "(arbiter, disputed_xact_id, disputed_position) \
             WHERE disputed_by IS NOT NULL AND released + refunded < funded",
        ),
        Index::on(
            "payments",
            "payments_to_release",
            "(chain_id, hold_ends, order_id) WHERE funding = 'confirmed' AND shipped \
             AND disputed_by IS NULL AND released + refunded < funded",
        ),
        // Few among all that were ever reported.
        Index::on(
            "attempts",
            "attempts_watched",
            "(reported_at, order_id, tx_hash) WHERE watched",
        ),
    ];
    const IGNORES: &'static [&'static str] =
        &[Shop::TYPE, Product::TYPE, Inventory::TYPE, Payout::TYPE];

    type Rows = fold::Rows;

    async fn load(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        events: &[Recorded],
    ) -> Result<(), ApplyError> {
        store::load(db, rows, events).await
    }

    fn fold(rows: &mut Self::Rows, event: &Recorded) -> Result<(), ApplyError> {
        rows.fold(event)
    }

    fn held(rows: &Self::Rows) -> usize {
        rows.payments.held() + rows.attempts.len()
    }

    async fn write(
        db: &mut PgConnection,
        rows: &mut Self::Rows,
        extent: Extent,
    ) -> Result<(), ApplyError> {
        store::write_rows(db, rows, extent).await
    }

    fn take_notices(rows: &mut Self::Rows) -> BTreeSet<Notice> {
        std::mem::take(&mut rows.notices)
    }
}
