//! Orders: what was bought, how far it is, and all that happened to it.

mod fold;
mod milestone;
mod parties;
mod queries;
mod rows;
mod store;

use std::collections::BTreeSet;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use gage_domain::{decider::Decider, inventory::Inventory, payout::Payout, product::Product};
use sqlx::PgConnection;

pub use self::{
    milestone::Milestone,
    parties::Parties,
    queries::{OrderCount, OrderQueries, OrderSearch, PlacedWithin, Tally},
    rows::{LineRow, OrderRow, TimelineRow},
};
use crate::{
    failure::ApplyError,
    projection::{Extent, Index, Projection},
};

/// The read model of orders.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

#[async_trait]
impl Projection for Orders {
    const NAME: &'static str = "orders";
    const VERSION: i32 = 4;
    const SCHEMA: &'static str = "orders_v4";
    const TABLES: &'static str = include_str!("schema.sql");
    const INDEXES: &'static [Index] = &[
        Index::on(
            "orders",
            "orders_buyer",
            "(buyer, placed_xact_id, placed_position)",
        ),
        Index::on(
            "orders",
            "orders_shop",
            "(shop, placed_xact_id, placed_position)",
        ),
        Index::on(
            "orders",
            "orders_shop_phase",
            "(shop, phase, placed_xact_id, placed_position)",
        ),
        Index::on("orders", "orders_shop_changed", "(shop, xact_id, position)"),
        Index::on(
            "orders",
            "orders_due",
            "(chain_id, expires_at, id) WHERE phase = 'awaiting_payment' AND NOT payment_seen",
        ),
        Index::unique_on("order_lines", "order_lines_order", "(order_id, line)"),
        Index::on("order_lines", "order_lines_product", "(product, order_id)"),
        Index::unique_on(
            "timeline",
            "timeline_order",
            "(order_id, xact_id, position)",
        ),
    ];
    const IGNORES: &'static [&'static str] = &[Product::TYPE, Inventory::TYPE, Payout::TYPE];

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
        rows.shops.held() + rows.orders.held()
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
