//! What a product is, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::{ProductEvent, ProductRejection};
use crate::{
    ids::ShopId,
    text::LocalizedText,
    value::{ImageHash, Price, Quantity},
};

/// A product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    /// No shop listed it yet.
    #[default]
    Unlisted,
    /// A shop prepares it.
    Draft {
        /// What it is.
        listing: Listing,
        /// What one piece will cost, if that is known already.
        price: Option<Price>,
    },
    /// It is for sale, so it has a price.
    Published {
        /// What it is.
        listing: Listing,
        /// What one piece costs.
        price: Price,
    },
}

/// What a shop says of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// The shop that it belongs to.
    pub shop: ShopId,
    /// Its name.
    pub name: LocalizedText,
    /// Its description.
    pub description: LocalizedText,
    /// What shows it, if anything does.
    pub image: Option<ImageHash>,
    /// The most pieces that can be ordered while its stock counts as low, if it ever does.
    pub low_stock_mark: Option<Quantity>,
}

/// What an order takes from a product that is for sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The shop that sells it.
    pub shop: ShopId,
    /// Its name now.
    pub name: LocalizedText,
    /// What one piece costs now.
    pub price: Price,
}

impl Product {
    /// What it is, once it is listed.
    ///
    /// # Errors
    /// [`ProductRejection::NotListed`].
    pub fn listing(&self) -> Result<&Listing, ProductRejection> {
        match self {
            Self::Unlisted => Err(ProductRejection::NotListed),
            Self::Draft { listing, .. } | Self::Published { listing, .. } => Ok(listing),
        }
    }

    /// What one piece costs, if that is known.
    pub fn price(&self) -> Option<Price> {
        match self {
            Self::Unlisted => None,
            Self::Draft { price, .. } => *price,
            Self::Published { price, .. } => Some(*price),
        }
    }

    /// What an order takes from it.
    ///
    /// # Errors
    /// [`ProductRejection::NotListed`] or [`ProductRejection::NotPublished`].
    pub fn offer(&self) -> Result<Offer, ProductRejection> {
        match self {
            Self::Unlisted => Err(ProductRejection::NotListed),
            Self::Draft { .. } => Err(ProductRejection::NotPublished),
            Self::Published { listing, price } => Ok(Offer {
                shop: listing.shop,
                name: listing.name.clone(),
                price: *price,
            }),
        }
    }
}

impl Product {
    /// The same with another listing; what is not listed has none.
    fn relisted(mut self, change: impl FnOnce(&mut Listing)) -> Self {
        match &mut self {
            Self::Unlisted => {}
            Self::Draft { listing, .. } | Self::Published { listing, .. } => change(listing),
        }
        self
    }
}

pub(super) fn evolve(product: Product, event: &ProductEvent) -> Product {
    match event {
        ProductEvent::ProductListed {
            shop,
            name,
            description,
            price,
        } => match product {
            Product::Unlisted => Product::Draft {
                listing: Listing {
                    shop: *shop,
                    name: name.clone(),
                    description: description.clone(),
                    image: None,
                    low_stock_mark: None,
                },
                price: *price,
            },
            listed => listed,
        },
        ProductEvent::ProductRevised { name, description } => product.relisted(|listing| {
            listing.name.clone_from(name);
            listing.description.clone_from(description);
        }),
        ProductEvent::ImageChanged { image } => product.relisted(|listing| {
            listing.image = *image;
        }),
        ProductEvent::LowStockMarkChanged { mark } => product.relisted(|listing| {
            listing.low_stock_mark = *mark;
        }),
        ProductEvent::PriceChanged { price } => match product {
            Product::Unlisted => Product::Unlisted,
            Product::Draft { listing, .. } => Product::Draft {
                listing,
                price: Some(*price),
            },
            Product::Published { listing, .. } => Product::Published {
                listing,
                price: *price,
            },
        },
        ProductEvent::ProductPublished {} => match product {
            Product::Draft {
                listing,
                price: Some(price),
            } => Product::Published { listing, price },
            other => other,
        },
        ProductEvent::ProductUnpublished {} => match product {
            Product::Published { listing, price } => Product::Draft {
                listing,
                price: Some(price),
            },
            other => other,
        },
    }
}
