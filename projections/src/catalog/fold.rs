//! What events make of the catalog's rows.

use std::collections::BTreeSet;

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
    value::{ImageHash, Price, Quantity},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::rows::{ShopRow, StockRow};
use crate::{
    entities::{Entities, Entity, Outcome},
    failure::ApplyError,
};

/// The most pieces of a SKU.
const ON_HAND_MAX: i64 = Quantity::MAX.get() as i64;

/// The rows that a batch is about.
#[derive(Default)]
pub struct Rows {
    pub(super) shops: Entities<ShopRow>,
    pub(super) products: Entities<Product>,
    pub(super) stock: Entities<StockRow>,
    pub(super) notices: BTreeSet<Notice>,
}

/// A product's row, without what queries add from its shop and its stock.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) id: ProductId,
    pub(super) shop: ShopId,
    pub(super) sku: SkuId,
    pub(super) name: LocalizedText,
    pub(super) description: LocalizedText,
    pub(super) price: Option<Price>,
    pub(super) image: Option<ImageHash>,
    pub(super) low_stock_mark: Option<Quantity>,
    pub(super) published: bool,
    pub(super) listed_at: OffsetDateTime,
    pub(super) listed: LogPosition,
    pub(super) position: LogPosition,
}

impl Entity for ShopRow {
    const TABLE: &'static str = "shops";

    fn key(&self) -> Uuid {
        self.id.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Entity for Product {
    const TABLE: &'static str = "products";

    fn key(&self) -> Uuid {
        self.id.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Entity for StockRow {
    const TABLE: &'static str = "stock";

    fn key(&self) -> Uuid {
        self.sku.0
    }

    fn position(&self) -> LogPosition {
        self.position
    }

    fn move_to(&mut self, position: LogPosition) {
        self.position = position;
    }
}

impl Rows {
    pub(super) fn fold(&mut self, event: &Recorded) -> Result<(), ApplyError> {
        match &event.fact {
            Fact::Shop(id, happened) => self.shop(event, *id, happened),
            Fact::Product(id, happened) => self.product(event, *id, happened),
            Fact::Inventory(sku, happened) => self.stock(event.position, *sku, happened),
            Fact::Order(..) | Fact::Payment(..) | Fact::Payout(..) => Ok(()),
        }
    }

    fn shop(
        &mut self,
        event: &Recorded,
        id: ShopId,
        happened: &ShopEvent,
    ) -> Result<(), ApplyError> {
        let at = event.position;
        match happened {
            ShopEvent::ShopOpened {
                owner,
                name,
                payout,
            } => self.shops.add(ShopRow {
                id,
                owner: *owner,
                name: name.clone(),
                payout: *payout,
                opened_at: event.metadata.decided_at,
                opened: at,
                position: at,
            }),
            ShopEvent::ShopRevised { name } => self.shops.change(id.0, at, |shop| {
                shop.name.clone_from(name);
                Ok(())
            }),
            ShopEvent::PayoutAddressChanged { payout } => self.shops.change(id.0, at, |shop| {
                shop.payout = *payout;
                Ok(())
            }),
        }
        .map(drop)
    }

    fn product(
        &mut self,
        event: &Recorded,
        id: ProductId,
        happened: &ProductEvent,
    ) -> Result<(), ApplyError> {
        let at = event.position;
        match happened {
            ProductEvent::ProductListed {
                shop,
                name,
                description,
                price,
            } => {
                self.shops.existing(shop.0)?;
                self.products.add(Product {
                    id,
                    shop: *shop,
                    sku: SkuId::from(id),
                    name: name.clone(),
                    description: description.clone(),
                    price: *price,
                    image: None,
                    low_stock_mark: None,
                    published: false,
                    listed_at: event.metadata.decided_at,
                    listed: at,
                    position: at,
                })
            }
            ProductEvent::ProductRevised { name, description } => {
                self.products.change(id.0, at, |product| {
                    product.name.clone_from(name);
                    product.description.clone_from(description);
                    Ok(())
                })
            }
            ProductEvent::PriceChanged { price } => self.products.change(id.0, at, |product| {
                product.price = Some(*price);
                Ok(())
            }),
            ProductEvent::ImageChanged { image } => self.products.change(id.0, at, |product| {
                product.image = *image;
                Ok(())
            }),
            ProductEvent::LowStockMarkChanged { mark } => {
                self.products.change(id.0, at, |product| {
                    product.low_stock_mark = *mark;
                    Ok(())
                })
            }
            ProductEvent::ProductPublished {} => self.products.change(id.0, at, |product| {
                product.published = true;
                match product.price {
                    Some(_) => Ok(()),
                    None => Err("products_published: it is published without a price"),
                }
            }),
            ProductEvent::ProductUnpublished {} => self.products.change(id.0, at, |product| {
                product.published = false;
                Ok(())
            }),
        }
        .map(drop)
    }

    fn stock(
        &mut self,
        at: LogPosition,
        sku: SkuId,
        happened: &InventoryEvent,
    ) -> Result<(), ApplyError> {
        let (on_hand, reserved) = match happened {
            InventoryEvent::StockReceived { quantity } => (pieces(*quantity), 0),
            InventoryEvent::StockAdjusted { delta, .. } => (*delta, 0),
            InventoryEvent::StockReserved { quantity, .. } => (0, pieces(*quantity)),
            InventoryEvent::ReservationReleased { quantity, .. } => (0, -pieces(*quantity)),
            InventoryEvent::ReservationCommitted { quantity, .. } => {
                (-pieces(*quantity), -pieces(*quantity))
            }
        };
        // A SKU is first counted by one of two events.
        match happened {
            InventoryEvent::StockReceived { .. } | InventoryEvent::StockAdjusted { .. } => {
                self.stock.or_add(StockRow::none(sku));
            }
            InventoryEvent::StockReserved { .. }
            | InventoryEvent::ReservationReleased { .. }
            | InventoryEvent::ReservationCommitted { .. } => {}
        }
        let outcome = self
            .stock
            .change(sku.0, at, |stock| stock.count(on_hand, reserved))?;
        if outcome == Outcome::Changed {
            self.notices.insert(Notice::Stock(sku));
        }
        Ok(())
    }
}

impl StockRow {
    /// Counts pieces that came, went or were reserved. After every event, and not only at a
    /// batch's end, the row MUST be one that its table takes.
    fn count(&mut self, on_hand: i64, reserved: i64) -> Result<(), &'static str> {
        let on_hand = i64::from(self.on_hand)
            .checked_add(on_hand)
            .filter(|pieces| (0..=ON_HAND_MAX).contains(pieces))
            .ok_or("stock_on_hand_check: there can be 0 to 1000000000 pieces")?;
        let reserved = i64::from(self.reserved)
            .checked_add(reserved)
            .filter(|pieces| (0..=on_hand).contains(pieces))
            .ok_or("stock_reserved: none to all of the pieces can be reserved")?;
        self.on_hand = u32::try_from(on_hand).unwrap_or(u32::MAX);
        self.reserved = u32::try_from(reserved).unwrap_or(u32::MAX);
        Ok(())
    }
}

fn pieces(quantity: Quantity) -> i64 {
    i64::from(quantity.get())
}
