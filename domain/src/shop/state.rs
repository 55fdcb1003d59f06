//! What a shop is, and what an event makes of it.

use serde::{Deserialize, Serialize};

use super::{ShopEvent, ShopRejection};
use crate::{text::LocalizedText, value::Address};

/// A shop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shop {
    /// Nobody opened it yet.
    #[default]
    Unopened,
    /// It is open.
    Open(ShopDetails),
}

/// What an open shop is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopDetails {
    /// The wallet that owns the shop.
    pub owner: Address,
    /// Its name.
    pub name: LocalizedText,
    /// The wallet that its money is released to.
    pub payout: Address,
}

impl Shop {
    /// The open shop.
    ///
    /// # Errors
    /// [`ShopRejection::NotOpen`].
    pub fn open(&self) -> Result<&ShopDetails, ShopRejection> {
        match self {
            Self::Unopened => Err(ShopRejection::NotOpen),
            Self::Open(details) => Ok(details),
        }
    }

    /// The open shop, if the wallet is its owner's.
    ///
    /// # Errors
    /// [`ShopRejection::NotOpen`] or [`ShopRejection::NotTheOwner`].
    pub fn authorise(&self, by: Address) -> Result<&ShopDetails, ShopRejection> {
        let details = self.open()?;
        if details.owner == by {
            Ok(details)
        } else {
            Err(ShopRejection::NotTheOwner)
        }
    }
}

pub(super) fn evolve(shop: Shop, event: &ShopEvent) -> Shop {
    match (shop, event) {
        (
            Shop::Unopened,
            ShopEvent::ShopOpened {
                owner,
                name,
                payout,
            },
        ) => Shop::Open(ShopDetails {
            owner: *owner,
            name: name.clone(),
            payout: *payout,
        }),
        (Shop::Open(details), ShopEvent::ShopRevised { name }) => Shop::Open(ShopDetails {
            name: name.clone(),
            ..details
        }),
        (Shop::Open(details), ShopEvent::PayoutAddressChanged { payout }) => {
            Shop::Open(ShopDetails {
                payout: *payout,
                ..details
            })
        }
        // `decide` gives no event in a phase that it does not fit.
        (shop, _) => shop,
    }
}
