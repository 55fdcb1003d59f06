//! What belongs to shops, for whoever may look at all that is theirs.

use gage_application::position::LogPosition;
use gage_domain::{
    ids::{ProductId, ShopId},
    value::Address,
};
use uuid::Uuid;

use super::{Catalog, CatalogQueries, queries::SCHEMA};
use crate::{failure::QueryError, progress, tables::Tables};

impl CatalogQueries {
    /// How far the catalog has come: everything up to here is in its rows.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn checkpoint(&self) -> Result<LogPosition, QueryError> {
        let checkpoint = progress::checkpoint::<Catalog>(self.pool(), Tables::Live).await?;
        Ok(checkpoint.unwrap_or(LogPosition::START))
    }

    /// An owner's shops, at most so many, in no order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shops_of(&self, owner: Address, most: u32) -> Result<Vec<ShopId>, QueryError> {
        let sql = format!("SELECT id FROM {SCHEMA}.shops WHERE owner = $1 LIMIT $2");
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(owner.to_vec())
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await?;
        Ok(found.into_iter().map(ShopId).collect())
    }

    /// The products of shops, published or not, at most so many, in no order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products_of(
        &self,
        shops: &[ShopId],
        most: u32,
    ) -> Result<Vec<ProductId>, QueryError> {
        let sql = format!("SELECT id FROM {SCHEMA}.products WHERE shop = ANY ($1) LIMIT $2");
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(shops.iter().map(|shop| shop.0).collect::<Vec<_>>())
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await?;
        Ok(found.into_iter().map(ProductId).collect())
    }

    /// Which of these products belong to shops, in no order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products_among(
        &self,
        shops: &[ShopId],
        products: &[ProductId],
    ) -> Result<Vec<ProductId>, QueryError> {
        let sql =
            format!("SELECT id FROM {SCHEMA}.products WHERE id = ANY ($2) AND shop = ANY ($1)");
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(shops.iter().map(|shop| shop.0).collect::<Vec<_>>())
            .bind(products.iter().map(|product| product.0).collect::<Vec<_>>())
            .fetch_all(self.pool())
            .await?;
        Ok(found.into_iter().map(ProductId).collect())
    }
}
