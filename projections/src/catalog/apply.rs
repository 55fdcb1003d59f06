//! What events make of the catalog.

use gage_application::{
    event::{Fact, Recorded},
    ports::wake::Notice,
    position::LogPosition,
};
use gage_domain::{
    ids::{ProductId, ShopId, SkuId},
    inventory::InventoryEvent,
    product::ProductEvent,
    shop::ShopEvent,
    text::LocalizedText,
    value::Price,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::search::searched_text;
use crate::{
    failure::ApplyError,
    target::{Outcome, Target},
};

pub(super) async fn apply(
    db: &mut PgConnection,
    event: &Recorded,
) -> Result<Vec<Notice>, ApplyError> {
    match &event.fact {
        Fact::Shop(id, happened) => shop(db, event, *id, happened).await,
        Fact::Product(id, happened) => product(db, event, *id, happened).await,
        Fact::Inventory(sku, happened) => stock(db, event.position, *sku, happened).await,
        Fact::Order(..) | Fact::Payment(..) => Ok(vec![]),
    }
}

async fn shop(
    db: &mut PgConnection,
    event: &Recorded,
    id: ShopId,
    happened: &ShopEvent,
) -> Result<Vec<Notice>, ApplyError> {
    let row = Target {
        table: "shops",
        key_column: "id",
        key: id.0,
        position: event.position,
    };
    match happened {
        ShopEvent::ShopOpened {
            owner,
            name,
            payout,
        } => {
            let statement = row
                .statement(
                    "INSERT INTO shops (id, xact_id, position, opened_xact_id, opened_position, \
                     owner, name_ko, name_en, payout, opened_at) \
                     VALUES ($1, $2, $3, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
                )
                .bind(owner.as_slice())
                .bind(name.ko())
                .bind(name.en())
                .bind(payout.as_slice())
                .bind(event.metadata.decided_at);
            row.insert(db, statement).await?;
        }
        ShopEvent::ShopRevised { name } => {
            let statement = row
                .statement(
                    "UPDATE shops SET xact_id = $2, position = $3, name_ko = $4, name_en = $5 \
                     WHERE id = $1 AND (xact_id, position) < ($2, $3)",
                )
                .bind(name.ko())
                .bind(name.en());
            row.update(db, statement).await?;
        }
        ShopEvent::PayoutAddressChanged { payout } => {
            let statement = row
                .statement(
                    "UPDATE shops SET xact_id = $2, position = $3, payout = $4 \
                     WHERE id = $1 AND (xact_id, position) < ($2, $3)",
                )
                .bind(payout.as_slice());
            row.update(db, statement).await?;
        }
    }
    Ok(vec![])
}

async fn product(
    db: &mut PgConnection,
    event: &Recorded,
    id: ProductId,
    happened: &ProductEvent,
) -> Result<Vec<Notice>, ApplyError> {
    let row = Target {
        table: "products",
        key_column: "id",
        key: id.0,
        position: event.position,
    };
    match happened {
        ProductEvent::ProductListed {
            shop,
            name,
            description,
            price,
        } => {
            let listing = Listing {
                shop: *shop,
                name,
                description,
                price: price.as_ref(),
            };
            list(
                db,
                row,
                SkuId::from(id),
                &listing,
                event.metadata.decided_at,
            )
            .await?;
        }
        ProductEvent::ProductRevised { name, description } => {
            let statement = row
                .statement(
                    "UPDATE products SET xact_id = $2, position = $3, name_ko = $4, name_en = $5, \
                     description_ko = $6, description_en = $7, search_text = normalize($8, NFKC) \
                     WHERE id = $1 AND (xact_id, position) < ($2, $3)",
                )
                .bind(name.ko())
                .bind(name.en())
                .bind(description.ko())
                .bind(description.en())
                .bind(searched_text(name));
            row.update(db, statement).await?;
        }
        ProductEvent::PriceChanged { price } => {
            let statement = row
                .statement(
                    "UPDATE products SET xact_id = $2, position = $3, price_token = $4, \
                     price_amount = $5::text::numeric \
                     WHERE id = $1 AND (xact_id, position) < ($2, $3)",
                )
                .bind(price.token.as_slice())
                .bind(price.amount.to_string());
            row.update(db, statement).await?;
        }
        ProductEvent::ProductPublished {} => publish(db, row, true).await?,
        ProductEvent::ProductUnpublished {} => publish(db, row, false).await?,
    }
    Ok(vec![])
}

/// What `ProductListed` says.
struct Listing<'e> {
    shop: ShopId,
    name: &'e LocalizedText,
    description: &'e LocalizedText,
    price: Option<&'e Price>,
}

async fn list(
    db: &mut PgConnection,
    row: Target,
    sku: SkuId,
    listing: &Listing<'_>,
    at: OffsetDateTime,
) -> Result<(), ApplyError> {
    let statement = row
        .statement(
            "INSERT INTO products (id, xact_id, position, listed_xact_id, listed_position, shop, \
             sku, name_ko, name_en, description_ko, description_en, search_text, price_token, \
             price_amount, published, listed_at) \
             VALUES ($1, $2, $3, $2, $3, $4, $5, $6, $7, $8, $9, normalize($10, NFKC), $11, \
             $12::text::numeric, false, $13) ON CONFLICT (id) DO NOTHING",
        )
        .bind(listing.shop.0)
        .bind(sku.0)
        .bind(listing.name.ko())
        .bind(listing.name.en())
        .bind(listing.description.ko())
        .bind(listing.description.en())
        .bind(searched_text(listing.name))
        .bind(listing.price.map(|price| price.token.as_slice()))
        .bind(listing.price.map(|price| price.amount.to_string()))
        .bind(at);
    row.insert(db, statement).await.map(drop)
}

async fn publish(db: &mut PgConnection, row: Target, published: bool) -> Result<(), ApplyError> {
    let statement = row
        .statement(
            "UPDATE products SET xact_id = $2, position = $3, published = $4 \
             WHERE id = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(published);
    row.update(db, statement).await.map(drop)
}

/// By how many pieces an event changes what is on hand and what is reserved.
struct StockChange {
    on_hand: i64,
    reserved: i64,
}

async fn stock(
    db: &mut PgConnection,
    position: LogPosition,
    sku: SkuId,
    happened: &InventoryEvent,
) -> Result<Vec<Notice>, ApplyError> {
    let row = Target {
        table: "stock",
        key_column: "sku",
        key: sku.0,
        position,
    };
    let change = match happened {
        InventoryEvent::StockReceived { quantity } => {
            count_first(db, row).await?;
            StockChange {
                on_hand: i64::from(quantity.get()),
                reserved: 0,
            }
        }
        InventoryEvent::StockAdjusted { delta, .. } => {
            count_first(db, row).await?;
            StockChange {
                on_hand: *delta,
                reserved: 0,
            }
        }
        InventoryEvent::StockReserved { quantity, .. } => StockChange {
            on_hand: 0,
            reserved: i64::from(quantity.get()),
        },
        InventoryEvent::ReservationReleased { quantity, .. } => StockChange {
            on_hand: 0,
            reserved: -i64::from(quantity.get()),
        },
        InventoryEvent::ReservationCommitted { quantity, .. } => {
            let pieces = -i64::from(quantity.get());
            StockChange {
                on_hand: pieces,
                reserved: pieces,
            }
        }
    };
    let statement = row
        .statement(
            "UPDATE stock SET xact_id = $2, position = $3, on_hand = on_hand + $4, \
             reserved = reserved + $5 WHERE sku = $1 AND (xact_id, position) < ($2, $3)",
        )
        .bind(change.on_hand)
        .bind(change.reserved);
    Ok(match row.update(db, statement).await? {
        Outcome::Written => vec![Notice::Stock(sku)],
        Outcome::Seen => vec![],
    })
}

/// The row of a SKU that was never counted; pieces come first with one of two events.
async fn count_first(db: &mut PgConnection, row: Target) -> Result<(), ApplyError> {
    let statement = sqlx::query(
        "INSERT INTO stock (sku, on_hand, reserved, xact_id, position) VALUES ($1, 0, 0, 0, 0) \
         ON CONFLICT (sku) DO NOTHING",
    )
    .bind(row.key);
    row.run(db, statement).await.map(drop)
}
