//! Questions to the catalog.

use gage_application::position::LogPosition;
use gage_domain::{
    ids::{ProductId, ShopId, SkuId},
    value::Address,
};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{
    Catalog,
    rows::{self, PRODUCT_COLUMNS, ProductRow, SHOP_COLUMNS, STOCK_COLUMNS, ShopRow, StockRow},
    search,
};
use crate::{
    failure::QueryError,
    page::{Listing, Page, PageRequest},
    progress,
    projection::Projection,
};

pub(super) const SCHEMA: &str = Catalog::SCHEMA;

/// Which products are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductFilter {
    /// Words that the name must have, in either language.
    pub search: Option<String>,
    /// Only of this shop.
    pub shop: Option<ShopId>,
    /// Only of this stock.
    pub level: StockLevel,
    /// What the asker may see.
    pub visibility: Visibility,
}

/// Which products are wanted, by their stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockLevel {
    /// All, whatever their stock.
    Any,
    /// Those whose stock counts as low: no more can be ordered than their mark says.
    Low,
}

/// Which products an asker may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// What is for sale.
    Published,
    /// What is for sale, and all that this wallet's shops listed.
    PublishedOrOwnedBy(Address),
    /// Everything, for auditors and operators.
    All,
}

/// Questions to the catalog.
#[derive(Debug, Clone)]
pub struct CatalogQueries {
    pool: PgPool,
}

impl CatalogQueries {
    /// Asks through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the catalog holds everything up to a position.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn reached(&self, position: LogPosition) -> Result<bool, QueryError> {
        progress::reached::<Catalog>(&self.pool, position).await
    }

    /// One shop.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shop(&self, id: ShopId) -> Result<Option<ShopRow>, QueryError> {
        Ok(self.shops_by_id(&[id]).await?.pop())
    }

    /// Shops by id, in no order; ids that are not known are left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shops_by_id(&self, ids: &[ShopId]) -> Result<Vec<ShopRow>, QueryError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let sql = format!("SELECT {SHOP_COLUMNS} FROM {SCHEMA}.shops s WHERE s.id = ANY($1)");
        let found = sqlx::query(&sql).bind(ids).fetch_all(&self.pool).await?;
        found.iter().map(rows::shop).collect()
    }

    /// Shops, newest first; of one owner, or all.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn shops(
        &self,
        owner: Option<Address>,
        page: &PageRequest,
    ) -> Result<Page<ShopRow>, QueryError> {
        let listing = Listing {
            select: format!("SELECT {SHOP_COLUMNS} FROM {SCHEMA}.shops s"),
            key: ("s.opened_xact_id", "s.opened_position"),
            read: rows::shop,
        };
        let filter = |query: &mut QueryBuilder<'static, Postgres>| {
            match owner {
                Some(owner) => query.push("s.owner = ").push_bind(owner.to_vec()),
                None => query.push("true"),
            };
        };
        listing.page(&self.pool, filter, page).await
    }

    /// One product, published or not: the caller decides who may see it.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn product(&self, id: ProductId) -> Result<Option<ProductRow>, QueryError> {
        Ok(self.products_by_id(&[id]).await?.pop())
    }

    /// Products by id, published or not, in no order; ids that are not known are left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products_by_id(&self, ids: &[ProductId]) -> Result<Vec<ProductRow>, QueryError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let sql = format!("{} WHERE p.id = ANY($1)", select_products());
        let found = sqlx::query(&sql).bind(ids).fetch_all(&self.pool).await?;
        found.iter().map(rows::product).collect()
    }

    /// Products, newest first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn products(
        &self,
        filter: &ProductFilter,
        page: &PageRequest,
    ) -> Result<Page<ProductRow>, QueryError> {
        let listing = Listing {
            select: select_products(),
            key: ("p.listed_xact_id", "p.listed_position"),
            read: rows::product,
        };
        listing
            .page(&self.pool, |query| push_filter(query, filter), page)
            .await
    }

    /// The stock of a SKU; none on hand when it was never counted.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn stock(&self, sku: SkuId) -> Result<StockRow, QueryError> {
        let changed = self.stock_after(sku, LogPosition::START).await?;
        Ok(changed.unwrap_or(StockRow::none(sku)))
    }

    /// The stock of a SKU, if it changed after a position: what a subscription that has seen
    /// everything up to there still has to be told.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn stock_after(
        &self,
        sku: SkuId,
        after: LogPosition,
    ) -> Result<Option<StockRow>, QueryError> {
        let sql = format!(
            "SELECT {STOCK_COLUMNS} FROM {SCHEMA}.stock k \
             WHERE k.sku = $1 AND (k.xact_id, k.position) > ($2, $3)"
        );
        let found = sqlx::query(&sql)
            .bind(sku.0)
            .bind(after.xact_id)
            .bind(after.position)
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(rows::stock).transpose()
    }
}

fn select_products() -> String {
    format!(
        "SELECT {PRODUCT_COLUMNS} FROM {SCHEMA}.products p \
         JOIN {SCHEMA}.shops s ON s.id = p.shop LEFT JOIN {SCHEMA}.stock k ON k.sku = p.sku"
    )
}

fn push_filter(query: &mut QueryBuilder<'static, Postgres>, filter: &ProductFilter) {
    match filter.visibility {
        Visibility::Published => query.push("p.published"),
        Visibility::PublishedOrOwnedBy(owner) => query
            .push("(p.published OR s.owner = ")
            .push_bind(owner.to_vec())
            .push(")"),
        Visibility::All => query.push("true"),
    };
    if let Some(shop) = filter.shop {
        query.push(" AND p.shop = ").push_bind(shop.0);
    }
    match filter.level {
        StockLevel::Any => {}
        StockLevel::Low => {
            query.push(
                " AND p.low_stock_mark IS NOT NULL \
                 AND coalesce(k.on_hand - k.reserved, 0) <= p.low_stock_mark",
            );
        }
    }
    let words = filter.search.as_deref().map(search::words);
    let words = words.unwrap_or_default();
    if !words.is_empty() {
        query
            .push(" AND p.search_grams @> ")
            .push_bind(search::wanted_grams(&words));
    }
    for word in words {
        query
            .push(" AND strpos(p.search_text, ")
            .push_bind(word)
            .push(") > 0");
    }
}
