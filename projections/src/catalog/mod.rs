//! The catalog: shops, their products, and stock.

mod fold;
mod owned;
mod queries;
mod rows;
mod search;
mod store;

use std::collections::BTreeSet;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use gage_domain::{decider::Decider, order::Order, payment::Payment, payout::Payout};
use sqlx::PgConnection;

pub use self::{
    queries::{CatalogQueries, ProductFilter, StockLevel, Visibility},
    rows::{ProductRow, ShopRow, StockRow},
};
use crate::{
    failure::ApplyError,
    projection::{Extent, Index, Projection},
};

/// The read model of shops, products and stock.
#[derive(Debug, Clone, Copy)]
pub struct Catalog;

#[async_trait]
impl Projection for Catalog {
    const NAME: &'static str = "catalog";
    const VERSION: i32 = 4;
    const SCHEMA: &'static str = "catalog_v4";
    const TABLES: &'static str = include_str!("schema.sql");
    const INDEXES: &'static [Index] = &[
        Index::unique_on("shops", "shops_opened", "(opened_xact_id, opened_position)"),
        Index::on(
            "shops",
            "shops_owner",
            "(owner, opened_xact_id, opened_position)",
        ),
        Index::unique_on(
            "products",
            "products_listed",
            "(listed_xact_id, listed_position)",
        ),
        Index::on(
            "products",
            "products_shop",
            "(shop, listed_xact_id, listed_position)",
        ),
        Index::on(
            "products",
            "products_published_listed",
            "(listed_xact_id, listed_position) WHERE published",
        ),
        Index::on(
            "products",
            "products_marked",
            "(shop, listed_xact_id, listed_position) WHERE low_stock_mark IS NOT NULL",
        ),
        Index::on("products", "products_search", "USING gin (search_grams)"),
    ];
    const IGNORES: &'static [&'static str] = &[Order::TYPE, Payment::TYPE, Payout::TYPE];

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
        rows.shops.held() + rows.products.held() + rows.stock.held()
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
