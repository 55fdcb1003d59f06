//! Loading and writing the catalog's rows.

use std::collections::BTreeSet;

use gage_application::event::{Fact, Recorded};
use gage_domain::{
    ids::{ProductId, ShopId, SkuId},
    product::ProductEvent,
    value::ImageHash,
};
use sqlx::{PgConnection, postgres::PgRow};

use super::{
    fold::{Product, Rows},
    rows::{self, SHOP_COLUMNS, STOCK_COLUMNS, ShopRow, StockRow},
    search,
};
use crate::{
    columns::Columns,
    entities::column,
    failure::{ApplyError, QueryError},
    price::{self, PriceNames},
    projection::Extent,
    writing::write,
};

pub(super) async fn load(
    db: &mut PgConnection,
    rows: &mut Rows,
    events: &[Recorded],
) -> Result<(), ApplyError> {
    let (mut shops, mut products, mut stock) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for event in events {
        match &event.fact {
            Fact::Shop(id, _) => {
                shops.insert(id.0);
            }
            Fact::Product(id, happened) => {
                products.insert(id.0);
                if let ProductEvent::ProductListed { shop, .. } = happened {
                    shops.insert(shop.0);
                }
            }
            Fact::Inventory(sku, _) => {
                stock.insert(sku.0);
            }
            Fact::Order(..) | Fact::Payment(..) | Fact::Payout(..) => {}
        }
    }
    let find_shops = format!("SELECT {SHOP_COLUMNS} FROM shops s WHERE s.id = ANY($1)");
    let find_products = "SELECT p.id, p.shop, p.sku, p.name_ko, p.name_en, p.description_ko, \
                         p.description_en, p.price_chain_id::text AS price_chain_id, \
                         p.price_token, p.price_fiat, p.price_amount::text AS price_amount, \
                         p.image, p.low_stock_mark, p.published, p.listed_at, p.listed_xact_id, p.listed_position, \
                         p.xact_id, p.position FROM products p WHERE p.id = ANY($1)";
    let find_stock = format!("SELECT {STOCK_COLUMNS} FROM stock k WHERE k.sku = ANY($1)");
    rows.shops.load(db, &find_shops, shops, rows::shop).await?;
    rows.products
        .load(db, find_products, products, product)
        .await?;
    rows.stock.load(db, &find_stock, stock, rows::stock).await
}

fn product(row: &PgRow) -> Result<Product, QueryError> {
    let columns = Columns::of(row, "catalog.products", "id");
    Ok(Product {
        id: ProductId(columns.get("id")?),
        shop: ShopId(columns.get("shop")?),
        sku: SkuId(columns.get("sku")?),
        name: columns.text("name_ko", "name_en")?,
        description: columns.text("description_ko", "description_en")?,
        price: columns.optional_price(&PriceNames::price("price_amount"))?,
        image: columns.optional_hash("image")?.map(ImageHash),
        low_stock_mark: columns.optional_quantity("low_stock_mark")?,
        published: columns.get("published")?,
        listed_at: columns.get("listed_at")?,
        listed: columns.position("listed_xact_id", "listed_position")?,
        position: columns.position("xact_id", "position")?,
    })
}

pub(super) async fn write_rows(
    db: &mut PgConnection,
    rows: &mut Rows,
    extent: Extent,
) -> Result<(), ApplyError> {
    if extent == Extent::All {
        write_shops(db, &rows.shops.take_changed()).await?;
        write_products(db, &rows.products.take_changed()).await?;
        write_stock(db, &rows.stock.take_changed()).await?;
    }
    Ok(())
}

async fn write_shops(db: &mut PgConnection, shops: &[ShopRow]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO shops AS held (id, owner, name_ko, name_en, payout, opened_at, \
         opened_xact_id, opened_position, xact_id, position) \
         SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], \
         $6::timestamptz[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[]) \
         ON CONFLICT (id) DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en, \
         payout = excluded.payout, xact_id = excluded.xact_id, position = excluded.position \
         WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)",
    )
    .bind(column(shops, |shop| shop.id.0))
    .bind(column(shops, |shop| shop.owner.as_slice()))
    .bind(column(shops, |shop| shop.name.ko()))
    .bind(column(shops, |shop| shop.name.en()))
    .bind(column(shops, |shop| shop.payout.as_slice()))
    .bind(column(shops, |shop| shop.opened_at))
    .bind(column(shops, |shop| shop.opened.xact_id))
    .bind(column(shops, |shop| shop.opened.position))
    .bind(column(shops, |shop| shop.position.xact_id))
    .bind(column(shops, |shop| shop.position.position));
    write(db, "shops", shops.len(), statement).await
}

async fn write_products(db: &mut PgConnection, products: &[Product]) -> Result<(), ApplyError> {
    let texts = column(products, |product| search::searched_text(&product.name));
    let statement = sqlx::query(
        "INSERT INTO products AS held (id, shop, sku, name_ko, name_en, description_ko, \
         description_en, search_text, search_grams, price_token, price_amount, published, \
         listed_at, listed_xact_id, listed_position, xact_id, position, price_chain_id, \
         price_fiat, image, low_stock_mark) \
         SELECT id, shop, sku, name_ko, name_en, description_ko, description_en, search_text, \
         search_grams::bigint[], price_token, price_amount::numeric, published, listed_at, \
         listed_xact_id, listed_position, xact_id, position, price_chain_id::numeric, price_fiat, \
         image, low_stock_mark \
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], \
         $7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::boolean[], \
         $13::timestamptz[], $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], \
         $18::text[], $19::text[], $20::bytea[], $21::bigint[]) \
         AS given (id, shop, sku, name_ko, name_en, description_ko, description_en, search_text, \
         search_grams, price_token, price_amount, published, listed_at, listed_xact_id, \
         listed_position, xact_id, position, price_chain_id, price_fiat, image, low_stock_mark) \
         ON CONFLICT (id) DO UPDATE SET name_ko = excluded.name_ko, name_en = excluded.name_en, \
         description_ko = excluded.description_ko, description_en = excluded.description_en, \
         search_text = excluded.search_text, search_grams = excluded.search_grams, \
         price_chain_id = excluded.price_chain_id, price_token = excluded.price_token, \
         price_fiat = excluded.price_fiat, price_amount = excluded.price_amount, \
         image = excluded.image, low_stock_mark = excluded.low_stock_mark, \
         published = excluded.published, xact_id = excluded.xact_id, \
         position = excluded.position \
         WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)",
    )
    .bind(column(products, |product| product.id.0))
    .bind(column(products, |product| product.shop.0))
    .bind(column(products, |product| product.sku.0))
    .bind(column(products, |product| product.name.ko()))
    .bind(column(products, |product| product.name.en()))
    .bind(column(products, |product| product.description.ko()))
    .bind(column(products, |product| product.description.en()))
    .bind(&texts)
    .bind(column(&texts, |text| search::array_of_grams(text)))
    .bind(column(products, |product| {
        product.price.as_ref().and_then(price::token_of)
    }))
    .bind(column(products, |product| {
        product.price.map(|price| price.amount.to_string())
    }))
    .bind(column(products, |product| product.published))
    .bind(column(products, |product| product.listed_at))
    .bind(column(products, |product| product.listed.xact_id))
    .bind(column(products, |product| product.listed.position))
    .bind(column(products, |product| product.position.xact_id))
    .bind(column(products, |product| product.position.position))
    .bind(column(products, |product| {
        product.price.as_ref().and_then(price::chain_of)
    }))
    .bind(column(products, |product| {
        product.price.as_ref().and_then(price::fiat_of)
    }))
    .bind(column(products, |product| {
        product.image.as_ref().map(|image| image.0.as_slice())
    }))
    .bind(column(products, |product| {
        product.low_stock_mark.map(|mark| i64::from(mark.get()))
    }));
    write(db, "products", products.len(), statement).await
}

async fn write_stock(db: &mut PgConnection, stock: &[StockRow]) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO stock AS held (sku, on_hand, reserved, xact_id, position) \
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], \
         $5::bigint[]) \
         ON CONFLICT (sku) DO UPDATE SET on_hand = excluded.on_hand, \
         reserved = excluded.reserved, xact_id = excluded.xact_id, position = excluded.position \
         WHERE (held.xact_id, held.position) < (excluded.xact_id, excluded.position)",
    )
    .bind(column(stock, |stock| stock.sku.0))
    .bind(column(stock, |stock| i64::from(stock.on_hand)))
    .bind(column(stock, |stock| i64::from(stock.reserved)))
    .bind(column(stock, |stock| stock.position.xact_id))
    .bind(column(stock, |stock| stock.position.position));
    write(db, "stock", stock.len(), statement).await
}
