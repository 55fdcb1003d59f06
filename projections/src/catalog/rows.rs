//! What the catalog's queries return.

use gage_application::position::LogPosition;
use gage_domain::{
    ids::{ProductId, ShopId, SkuId},
    text::LocalizedText,
    value::{Address, ImageHash, Price, Quantity},
};
use sqlx::postgres::PgRow;
use time::OffsetDateTime;

use crate::{columns::Columns, failure::QueryError, page::Listed, price::PriceNames};

/// A shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopRow {
    /// The shop.
    pub id: ShopId,
    /// The wallet that owns it.
    pub owner: Address,
    /// Its name.
    pub name: LocalizedText,
    /// The wallet that money of later orders goes to.
    pub payout: Address,
    /// When it opened.
    pub opened_at: OffsetDateTime,
    /// Where it opened in the log: its place in lists.
    pub opened: LogPosition,
    /// The last event that changed it.
    pub position: LogPosition,
}

/// A product, published or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRow {
    /// The product.
    pub id: ProductId,
    /// Its shop.
    pub shop: ShopId,
    /// The shop's owner: who sees it while it is not published.
    pub owner: Address,
    /// Whose stock it is sold from.
    pub sku: SkuId,
    /// Its name.
    pub name: LocalizedText,
    /// Its description; may be empty.
    pub description: LocalizedText,
    /// What one piece costs; always there when it is published.
    pub price: Option<Price>,
    /// What shows it, if anything does.
    pub image: Option<ImageHash>,
    /// The most pieces that can be ordered while its stock counts as low, if it ever does.
    pub low_stock_mark: Option<Quantity>,
    /// Whether it is for sale.
    pub published: bool,
    /// Its stock now.
    pub stock: StockRow,
    /// When it was listed.
    pub listed_at: OffsetDateTime,
    /// Where it was listed in the log: its place in lists.
    pub listed: LogPosition,
    /// The last event that changed it; its stock has a position of its own.
    pub position: LogPosition,
}

/// The stock of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockRow {
    /// The SKU.
    pub sku: SkuId,
    /// Pieces that are there, reserved or not.
    pub on_hand: u32,
    /// Pieces of these that orders hold.
    pub reserved: u32,
    /// The last event that changed it; [`LogPosition::START`] for a SKU that was never counted.
    pub position: LogPosition,
}

impl ProductRow {
    /// Whether its stock counts as low.
    pub fn is_low(&self) -> bool {
        self.low_stock_mark
            .is_some_and(|mark| self.stock.available() <= mark.get())
    }
}

impl StockRow {
    /// Pieces that can still be ordered.
    pub fn available(&self) -> u32 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// Of a SKU that was never counted.
    pub fn none(sku: SkuId) -> Self {
        Self {
            sku,
            on_hand: 0,
            reserved: 0,
            position: LogPosition::START,
        }
    }
}

impl Listed for ShopRow {
    fn cursor(&self) -> LogPosition {
        self.opened
    }
}

impl Listed for ProductRow {
    fn cursor(&self) -> LogPosition {
        self.listed
    }
}

pub(super) const SHOP_COLUMNS: &str = "s.id, s.owner, s.name_ko, s.name_en, s.payout, \
    s.opened_at, s.opened_xact_id, s.opened_position, s.xact_id, s.position";

pub(super) const PRODUCT_COLUMNS: &str = "p.id, p.shop, s.owner, p.sku, p.name_ko, p.name_en, \
    p.description_ko, p.description_en, p.price_chain_id::text AS price_chain_id, \
    p.price_token, p.price_fiat, p.price_amount::text AS price_amount, p.image, \
    p.low_stock_mark, p.published, p.listed_at, p.listed_xact_id, p.listed_position, \
    p.xact_id, p.position, \
    k.on_hand, k.reserved, k.xact_id AS stock_xact_id, k.position AS stock_position";

pub(super) const STOCK_COLUMNS: &str = "k.sku, k.on_hand, k.reserved, \
    k.xact_id AS stock_xact_id, k.position AS stock_position";

pub(super) fn shop(row: &PgRow) -> Result<ShopRow, QueryError> {
    let columns = Columns::of(row, "catalog.shops", "id");
    Ok(ShopRow {
        id: ShopId(columns.get("id")?),
        owner: columns.address("owner")?,
        name: columns.text("name_ko", "name_en")?,
        payout: columns.address("payout")?,
        opened_at: columns.get("opened_at")?,
        opened: columns.position("opened_xact_id", "opened_position")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) fn product(row: &PgRow) -> Result<ProductRow, QueryError> {
    let columns = Columns::of(row, "catalog.products", "id");
    let sku = SkuId(columns.get("sku")?);
    Ok(ProductRow {
        id: ProductId(columns.get("id")?),
        shop: ShopId(columns.get("shop")?),
        owner: columns.address("owner")?,
        sku,
        name: columns.text("name_ko", "name_en")?,
        description: columns.text("description_ko", "description_en")?,
        price: columns.optional_price(&PriceNames::price("price_amount"))?,
        image: columns.optional_hash("image")?.map(ImageHash),
        low_stock_mark: columns.optional_quantity("low_stock_mark")?,
        published: columns.get("published")?,
        stock: match columns.get::<Option<i64>>("on_hand")? {
            Some(_) => counted(columns, sku)?,
            None => StockRow::none(sku),
        },
        listed_at: columns.get("listed_at")?,
        listed: columns.position("listed_xact_id", "listed_position")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) fn stock(row: &PgRow) -> Result<StockRow, QueryError> {
    let columns = Columns::of(row, "catalog.stock", "sku");
    counted(columns, SkuId(columns.get("sku")?))
}

fn counted(columns: Columns<'_>, sku: SkuId) -> Result<StockRow, QueryError> {
    Ok(StockRow {
        sku,
        on_hand: columns.count("on_hand")?,
        reserved: columns.count("reserved")?,
        position: columns.position("stock_xact_id", "stock_position")?,
    })
}
