//! The catalog: shops, their products, and stock.

mod apply;
mod queries;
mod rows;
mod search;

use async_trait::async_trait;
use gage_application::{event::Recorded, ports::wake::Notice};
use sqlx::PgConnection;

pub use self::{
    queries::{CatalogQueries, ProductFilter, Visibility},
    rows::{ProductRow, ShopRow, StockRow},
};
use crate::{failure::ApplyError, projection::Projection};

/// The read model of shops, products and stock.
#[derive(Debug, Clone, Copy)]
pub struct Catalog;

#[async_trait]
impl Projection for Catalog {
    const NAME: &'static str = "catalog";
    const VERSION: i32 = 1;
    const SCHEMA: &'static str = "catalog_v1";
    const DDL: &'static str = include_str!("schema.sql");

    async fn apply(db: &mut PgConnection, event: &Recorded) -> Result<Vec<Notice>, ApplyError> {
        apply::apply(db, event).await
    }
}
