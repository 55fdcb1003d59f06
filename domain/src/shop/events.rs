//! What can have happened to a shop.

use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

use crate::{text::LocalizedText, value::Address};

/// Something that happened to a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ShopEvent {
    /// The shop opened.
    ShopOpened {
        /// The wallet that owns the shop, for ever.
        owner: Address,
        /// Its name.
        name: LocalizedText,
        /// The wallet that its money is released to.
        payout: Address,
    },
    /// The shop got another name.
    ShopRevised {
        /// Its new name.
        name: LocalizedText,
    },
    /// The money of later orders goes to another wallet.
    PayoutAddressChanged {
        /// The new wallet.
        payout: Address,
    },
}

impl ShopEvent {
    /// Every event type with its current version.
    pub const TYPES: &'static [(&'static str, &'static str)] = &[
        ("ShopOpened", "1.0.0"),
        ("ShopRevised", "1.0.0"),
        ("PayoutAddressChanged", "1.0.0"),
    ];

    const fn descriptor(&self) -> (&'static str, &'static str) {
        match self {
            Self::ShopOpened { .. } => Self::TYPES[0],
            Self::ShopRevised { .. } => Self::TYPES[1],
            Self::PayoutAddressChanged { .. } => Self::TYPES[2],
        }
    }
}

impl DomainEvent for ShopEvent {
    fn event_type(&self) -> String {
        self.descriptor().0.to_owned()
    }

    fn event_version(&self) -> String {
        self.descriptor().1.to_owned()
    }
}
