//! Shops and products, with what they offered at every moment: what is frozen in an order is
//! compared with that.

use std::collections::HashMap;

use gage_domain::{
    ids::{ProductId, ShopId},
    order::OrderLine,
    product::{Product, ProductEvent},
    shop::{Shop, ShopEvent},
    text::LocalizedText,
    value::{Address, Currency, Price},
};
use time::OffsetDateTime;

use super::{
    entry::{Folded, Snapshots, StreamKey, place},
    finding::{Fault, Findings},
    moments::{Checkpoints, Moments},
};
use crate::{event::Recorded, metadata::Actor, position::LogPosition};

/// A shop as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct ShopFold {
    pub(super) folded: Folded<Shop>,
    pub(super) opened_at: Option<OffsetDateTime>,
    pub(super) opened: LogPosition,
    pub(super) position: LogPosition,
    /// Where its money went from an event on.
    pub(super) payouts: Vec<(LogPosition, Address)>,
}

/// A product as far as it was read.
#[derive(Debug, Clone, Default)]
pub(super) struct ProductFold {
    pub(super) folded: Folded<Product>,
    pub(super) listed_at: Option<OffsetDateTime>,
    pub(super) listed: LogPosition,
    pub(super) position: LogPosition,
    /// What it was offered for from an event on; nothing while it was not for sale.
    offers: Vec<(LogPosition, Option<Offered>)>,
}

/// What a product was offered as.
#[derive(Debug, Clone, PartialEq)]
struct Offered {
    shop: ShopId,
    name: LocalizedText,
    price: Price,
}

/// All shops and products.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    pub(super) shops: Moments<ShopId, ShopFold>,
    pub(super) products: Moments<ProductId, ProductFold>,
}

impl Catalogue {
    pub(super) fn with(checkpoints: Checkpoints) -> Self {
        Self {
            shops: Moments::with(checkpoints),
            products: Moments::with(checkpoints),
        }
    }

    pub(super) fn shop(
        &mut self,
        id: ShopId,
        event: &Recorded,
        happened: &ShopEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let (key, at) = (StreamKey::Shop(id.0), event.position);
        let shop = self.shops.at(id, at);
        shop.folded.check(key, event, happened, findings);
        shop.folded.evolve(key, happened, snapshots, findings);
        shop.position = at;
        match happened {
            ShopEvent::ShopOpened { payout, .. } => {
                shop.opened_at.get_or_insert(event.metadata.decided_at);
                shop.opened = at;
                shop.payouts.push((at, *payout));
            }
            ShopEvent::PayoutAddressChanged { payout } => shop.payouts.push((at, *payout)),
            ShopEvent::ShopRevised { .. } => {}
        }
        self.owner(id, key, event, findings);
    }

    pub(super) fn product(
        &mut self,
        id: ProductId,
        event: &Recorded,
        happened: &ProductEvent,
        snapshots: &mut Snapshots,
        findings: &mut Findings,
    ) {
        let (key, at) = (StreamKey::Product(id.0), event.position);
        let product = self.products.at(id, at);
        product.folded.check(key, event, happened, findings);
        product.folded.evolve(key, happened, snapshots, findings);
        product.position = at;
        if let ProductEvent::ProductListed { .. } = happened {
            product.listed_at.get_or_insert(event.metadata.decided_at);
            product.listed = at;
        }
        let offer = product.folded.state.offer().ok().map(|offer| Offered {
            shop: offer.shop,
            name: offer.name,
            price: offer.price,
        });
        if product.offers.last().is_none_or(|(_, last)| *last != offer) {
            product.offers.push((at, offer));
        }
        match product.folded.state.listing().map(|listing| listing.shop) {
            Ok(shop) => self.owner(shop, key, event, findings),
            Err(_) => findings.add(
                Fault::Invariant,
                place(key, event),
                "a product of no shop".to_owned(),
                "a product that was listed by a shop".to_owned(),
            ),
        }
    }

    /// The wallet that owns a shop.
    pub(super) fn owner_of(&self, shop: ShopId) -> Option<Address> {
        let details = self.shops.get(&shop)?.folded.state.open().ok()?;
        Some(details.owner)
    }

    /// The shop that a product belongs to.
    pub(super) fn shop_of(&self, product: ProductId) -> Option<ShopId> {
        let listing = self.products.get(&product)?.folded.state.listing().ok()?;
        Some(listing.shop)
    }

    /// Looks whether the shop's owner did it.
    pub(super) fn owner(
        &self,
        shop: ShopId,
        key: StreamKey,
        event: &Recorded,
        findings: &mut Findings,
    ) {
        let owner = self.owner_of(shop);
        if owner.map(Actor::Wallet).as_ref() == Some(&event.metadata.actor) {
            return;
        }
        let expected = match owner {
            Some(owner) => format!("{}, who owns the shop {shop}", Actor::Wallet(owner)),
            None => format!("the owner of the shop {shop}, which is not open"),
        };
        let found = format!("done by {}", event.metadata.actor);
        findings.add(Fault::WrongActor, place(key, event), found, expected);
    }

    /// Looks whether a line is what was offered at a moment.
    ///
    /// # Errors
    /// What was offered, in words.
    pub(super) fn offered(
        &self,
        line: &OrderLine,
        shop: ShopId,
        at: LogPosition,
    ) -> Result<(), String> {
        let product = line.product;
        let offers = self.products.get(&product).map(|product| &product.offers);
        let offer = offers.and_then(|offers| before(offers, at));
        let Some(Some(offer)) = offer else {
            return Err(format!("the product {product}, which was not for sale"));
        };
        let fits = offer.shop == shop
            && line.sku.0 == product.0
            && offer.name == line.name
            && offer.price.amount == line.unit_price.amount
            && same_currency(offer.price.currency, line.unit_price.currency);
        if fits {
            return Ok(());
        }
        let price = serde_json::to_string(&offer.price).unwrap_or_default();
        let name = serde_json::to_string(&offer.name).unwrap_or_default();
        let shop = offer.shop;
        Err(format!(
            "the product {product} of the shop {shop}, {name}, at {price}"
        ))
    }

    /// Where the shop's money went at a moment.
    pub(super) fn payout_at(&self, shop: ShopId, at: LogPosition) -> Option<Address> {
        before(&self.shops.get(&shop)?.payouts, at).copied()
    }
}

/// What held before a moment.
fn before<T>(history: &[(LogPosition, T)], at: LogPosition) -> Option<&T> {
    let known = history.partition_point(|(since, _)| *since < at);
    history.get(known.checked_sub(1)?).map(|(_, what)| what)
}

/// Prices of the time when a server had one chain name none.
pub(super) fn same_currency(one: Currency, other: Currency) -> bool {
    match (one, other) {
        (
            Currency::Token {
                chain_id: Some(a),
                token: x,
            },
            Currency::Token {
                chain_id: Some(b),
                token: y,
            },
        ) => (a, x) == (b, y),
        (Currency::Token { token: x, .. }, Currency::Token { token: y, .. }) => x == y,
        (Currency::Fiat(x), Currency::Fiat(y)) => x == y,
        (Currency::Token { .. }, Currency::Fiat(_))
        | (Currency::Fiat(_), Currency::Token { .. }) => false,
    }
}

/// The wallets that a shop's money goes or went to, with the last event that named each.
pub(super) fn wallets(payouts: &[(LogPosition, Address)]) -> HashMap<Address, LogPosition> {
    payouts.iter().map(|(at, wallet)| (*wallet, *at)).collect()
}
