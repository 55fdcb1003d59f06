//! What can be asked of a product, and when it is refused.
//!
//! Who may ask is the shop's business: see [`Shop::authorise`](crate::shop::Shop::authorise).

use thiserror::Error;

use super::{Product, ProductEvent};
use crate::{
    ids::ShopId,
    policy,
    text::{LocalizedText, TextFault},
    value::{ImageHash, Price, Quantity},
};

/// What can be asked of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductCommand {
    /// Lists it as a draft of a shop.
    List {
        /// The shop.
        shop: ShopId,
        /// Its name; a draft may still lack one.
        name: LocalizedText,
        /// Its description.
        description: LocalizedText,
        /// What one piece costs; a draft may still lack it.
        price: Option<Price>,
    },
    /// Changes name and description.
    Revise {
        /// The new name.
        name: LocalizedText,
        /// The new description.
        description: LocalizedText,
    },
    /// Changes the price for later orders.
    ChangePrice {
        /// What one piece costs.
        price: Price,
    },
    /// Shows it by another image, or by none.
    ChangeImage {
        /// Its image.
        image: Option<ImageHash>,
    },
    /// Says from how many pieces on its stock counts as low.
    ChangeLowStockMark {
        /// The most pieces that can be ordered while it counts as low; none when it never does.
        mark: Option<Quantity>,
    },
    /// Puts it up for sale.
    Publish,
    /// Takes it off sale. Orders that are placed stay.
    Unpublish,
}

/// Why a product refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProductRejection {
    /// The product was listed with other details.
    #[error("the product is already listed")]
    AlreadyListed,
    /// There is no such product.
    #[error("the product is not listed")]
    NotListed,
    /// The product is not for sale.
    #[error("the product is not for sale")]
    NotPublished,
    /// A price of nothing.
    #[error("the price must be above zero")]
    ZeroPrice,
    /// What is for sale needs a price.
    #[error("the product needs a price before it is published")]
    PriceMissing,
    /// What is for sale needs a name.
    #[error("a published product needs a name in Korean or English")]
    NameMissing,
    /// The name breaks a rule.
    #[error("the name of the product {0}")]
    Name(TextFault),
    /// The description breaks a rule.
    #[error("the description of the product {0}")]
    Description(TextFault),
}

pub(super) fn decide(
    product: &Product,
    command: &ProductCommand,
) -> Result<Vec<ProductEvent>, ProductRejection> {
    match command {
        ProductCommand::List {
            shop,
            name,
            description,
            price,
        } => list(product, *shop, name, description, *price),
        ProductCommand::Revise { name, description } => revise(product, name, description),
        ProductCommand::ChangePrice { price } => {
            product.listing()?;
            check_price(*price)?;
            if product.price() == Some(*price) {
                return Ok(vec![]);
            }
            Ok(vec![ProductEvent::PriceChanged { price: *price }])
        }
        ProductCommand::ChangeImage { image } => {
            if product.listing()?.image == *image {
                return Ok(vec![]);
            }
            Ok(vec![ProductEvent::ImageChanged { image: *image }])
        }
        ProductCommand::ChangeLowStockMark { mark } => {
            if product.listing()?.low_stock_mark == *mark {
                return Ok(vec![]);
            }
            Ok(vec![ProductEvent::LowStockMarkChanged { mark: *mark }])
        }
        ProductCommand::Publish => publish(product),
        ProductCommand::Unpublish => match product {
            Product::Unlisted => Err(ProductRejection::NotListed),
            Product::Draft { .. } => Ok(vec![]),
            Product::Published { .. } => Ok(vec![ProductEvent::ProductUnpublished {}]),
        },
    }
}

fn list(
    product: &Product,
    shop: ShopId,
    name: &LocalizedText,
    description: &LocalizedText,
    price: Option<Price>,
) -> Result<Vec<ProductEvent>, ProductRejection> {
    if let Ok(listing) = product.listing() {
        let same = listing.shop == shop
            && listing.name == *name
            && listing.description == *description
            && product.price() == price;
        return if same {
            Ok(vec![])
        } else {
            Err(ProductRejection::AlreadyListed)
        };
    }
    check_texts(name, description)?;
    price.map_or(Ok(()), check_price)?;
    Ok(vec![ProductEvent::ProductListed {
        shop,
        name: name.clone(),
        description: description.clone(),
        price,
    }])
}

fn revise(
    product: &Product,
    name: &LocalizedText,
    description: &LocalizedText,
) -> Result<Vec<ProductEvent>, ProductRejection> {
    let listing = product.listing()?;
    check_texts(name, description)?;
    if matches!(product, Product::Published { .. }) && name.is_empty() {
        return Err(ProductRejection::NameMissing);
    }
    if listing.name == *name && listing.description == *description {
        return Ok(vec![]);
    }
    Ok(vec![ProductEvent::ProductRevised {
        name: name.clone(),
        description: description.clone(),
    }])
}

fn publish(product: &Product) -> Result<Vec<ProductEvent>, ProductRejection> {
    match product {
        Product::Unlisted => Err(ProductRejection::NotListed),
        Product::Draft { price: None, .. } => Err(ProductRejection::PriceMissing),
        Product::Draft { listing, .. } if listing.name.is_empty() => {
            Err(ProductRejection::NameMissing)
        }
        Product::Draft { .. } => Ok(vec![ProductEvent::ProductPublished {}]),
        Product::Published { .. } => Ok(vec![]),
    }
}

fn check_texts(name: &LocalizedText, description: &LocalizedText) -> Result<(), ProductRejection> {
    policy::PRODUCT_NAME
        .check_optional(name)
        .map_err(ProductRejection::Name)?;
    policy::PRODUCT_DESCRIPTION
        .check_optional(description)
        .map_err(ProductRejection::Description)
}

fn check_price(price: Price) -> Result<(), ProductRejection> {
    if price.amount.is_zero() {
        Err(ProductRejection::ZeroPrice)
    } else {
        Ok(())
    }
}
