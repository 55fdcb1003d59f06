//! Rows of shops, products and stock.

use gage_domain::ids::{ProductId, ShopId, SkuId};

use super::{Columns, search};
use crate::{
    ports::replay::Row,
    replay::{
        catalogue::{ProductFold, ShopFold},
        stock::StockFold,
    },
};

pub(in crate::replay) fn shop(id: ShopId, shop: &ShopFold) -> Option<Row> {
    let details = shop.folded.state.open().ok()?;
    let columns = Columns::default()
        .id(id.0)
        .bytes(details.owner)
        .name(&details.name)
        .bytes(details.payout)
        .maybe_time(shop.opened_at)
        .position(shop.opened)
        .position(shop.position);
    Some(columns.done())
}

pub(in crate::replay) fn product(id: ProductId, product: &ProductFold) -> Option<Row> {
    let state = &product.folded.state;
    let listing = state.listing().ok()?;
    let (text, grams) = search::found_by(&listing.name);
    let columns = Columns::default()
        .id(id.0)
        .id(listing.shop.0)
        .id(id.0)
        .name(&listing.name)
        .name(&listing.description)
        .text(text)
        .text(grams)
        .price(state.price().as_ref())
        .maybe_bytes(listing.image.map(|image| image.0))
        .maybe(
            listing
                .low_stock_mark
                .map(gage_domain::value::Quantity::get),
        )
        .text(state.offer().is_ok())
        .maybe_time(product.listed_at)
        .position(product.listed)
        .position(product.position);
    Some(columns.done())
}

pub(in crate::replay) fn stock(id: SkuId, stock: &StockFold) -> Option<Row> {
    if stock.folded.sequence() == 0 {
        return None;
    }
    let state = stock.folded.state.stock();
    let columns = Columns::default()
        .id(id.0)
        .text(state.on_hand())
        .text(state.reserved())
        .position(stock.position);
    Some(columns.done())
}
