//! What can have happened to a product.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{
    ids::ShopId,
    text::LocalizedText,
    value::{ImageHash, Price, Quantity},
};

/// Something that happened to a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductEvent {
    /// A shop listed the product, as a draft.
    ProductListed {
        /// The shop that it belongs to, for ever.
        shop: ShopId,
        /// Its name.
        name: LocalizedText,
        /// Its description.
        description: LocalizedText,
        /// What one piece costs, if that is known already. Since 1.1.0 also in fiat money, and in a
        /// token with its chain.
        price: Option<Price>,
    },
    /// The product got another name or description.
    ProductRevised {
        /// Its new name.
        name: LocalizedText,
        /// Its new description.
        description: LocalizedText,
    },
    /// The product costs something else from now on.
    PriceChanged {
        /// What one piece costs. Since 1.1.0 also in fiat money, and in a token with its chain.
        price: Price,
    },
    /// The product is shown by another image from now on.
    ImageChanged {
        /// Its image; none takes it away.
        image: Option<ImageHash>,
    },
    /// The product's stock counts as low from another number of pieces on.
    LowStockMarkChanged {
        /// The most pieces that can be ordered while it counts as low; none when it never does.
        mark: Option<Quantity>,
    },
    /// The product is for sale.
    ProductPublished {},
    /// The product is not for sale any more.
    ProductUnpublished {},
}

impl ProductEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] = &[
        ("ProductListed", "1.1.0"),
        ("ProductRevised", "1.0.0"),
        ("PriceChanged", "1.1.0"),
        ("ImageChanged", "1.0.0"),
        ("LowStockMarkChanged", "1.0.0"),
        ("ProductPublished", "1.0.0"),
        ("ProductUnpublished", "1.0.0"),
    ];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::ProductListed { .. } => Self::TYPES[0],
            Self::ProductRevised { .. } => Self::TYPES[1],
            Self::PriceChanged { .. } => Self::TYPES[2],
            Self::ImageChanged { .. } => Self::TYPES[3],
            Self::LowStockMarkChanged { .. } => Self::TYPES[4],
            Self::ProductPublished {} => Self::TYPES[5],
            Self::ProductUnpublished {} => Self::TYPES[6],
        }
    }
}

impl DomainEvent for ProductEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
