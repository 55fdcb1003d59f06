//! What a product is, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::{ProductEvent, ProductRejection};
use crate::{ids::ShopId, text::LocalizedText, value::Price};

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
                },
                price: *price,
            },
            listed => listed,
        },
        ProductEvent::ProductRevised { name, description } => match product {
            Product::Unlisted => Product::Unlisted,
            Product::Draft { listing, price } => Product::Draft {
                listing: listing.revised(name, description),
                price,
            },
            Product::Published { listing, price } => Product::Published {
                listing: listing.revised(name, description),
                price,
            },
        },
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

impl Listing {
    fn revised(self, name: &LocalizedText, description: &LocalizedText) -> Self {
        Self {
            shop: self.shop,
            name: name.clone(),
            description: description.clone(),
        }
    }
}
