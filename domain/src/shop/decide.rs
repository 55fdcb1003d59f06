//! What can be asked of a shop, and when it is refused.

use thiserror::Error;

use super::{Shop, ShopEvent};
use crate::{
    policy,
    text::{LocalizedText, TextFault},
    value::Address,
};

/// What can be asked of a shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopCommand {
    /// Opens the shop.
    Open {
        /// The wallet that owns it from now on.
        owner: Address,
        /// Its name, in Korean or English.
        name: LocalizedText,
        /// The wallet that its money is released to.
        payout: Address,
    },
    /// Gives the shop another name.
    Revise {
        /// Who asks.
        by: Address,
        /// The new name.
        name: LocalizedText,
    },
    /// Sends the money of later orders to another wallet. Orders that are placed keep theirs.
    ChangePayoutAddress {
        /// Who asks.
        by: Address,
        /// The new wallet.
        payout: Address,
    },
}

/// Why a shop refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ShopRejection {
    /// The shop was opened with other details.
    #[error("the shop is already open")]
    AlreadyOpen,
    /// There is no such shop.
    #[error("the shop is not open")]
    NotOpen,
    /// Only the owner may do that.
    #[error("the wallet does not own the shop")]
    NotTheOwner,
    /// Nobody holds the key of the zero address.
    #[error("the owner must not be the zero address")]
    ZeroOwner,
    /// Money sent to the zero address is lost.
    #[error("the payout wallet must not be the zero address")]
    ZeroPayoutAddress,
    /// The name breaks a rule.
    #[error("the name of the shop {0}")]
    Name(TextFault),
}

pub(super) fn decide(shop: &Shop, command: &ShopCommand) -> Result<Vec<ShopEvent>, ShopRejection> {
    match command {
        ShopCommand::Open {
            owner,
            name,
            payout,
        } => open(shop, *owner, name, *payout),
        ShopCommand::Revise { by, name } => {
            let details = shop.authorise(*by)?;
            check_name(name)?;
            if details.name == *name {
                return Ok(vec![]);
            }
            Ok(vec![ShopEvent::ShopRevised { name: name.clone() }])
        }
        ShopCommand::ChangePayoutAddress { by, payout } => {
            let details = shop.authorise(*by)?;
            check_payout(*payout)?;
            if details.payout == *payout {
                return Ok(vec![]);
            }
            Ok(vec![ShopEvent::PayoutAddressChanged { payout: *payout }])
        }
    }
}

fn open(
    shop: &Shop,
    owner: Address,
    name: &LocalizedText,
    payout: Address,
) -> Result<Vec<ShopEvent>, ShopRejection> {
    if let Shop::Open(details) = shop {
        let same = details.owner == owner && details.name == *name && details.payout == payout;
        return if same {
            Ok(vec![])
        } else {
            Err(ShopRejection::AlreadyOpen)
        };
    }
    if owner.is_zero() {
        return Err(ShopRejection::ZeroOwner);
    }
    check_payout(payout)?;
    check_name(name)?;
    Ok(vec![ShopEvent::ShopOpened {
        owner,
        name: name.clone(),
        payout,
    }])
}

fn check_payout(payout: Address) -> Result<(), ShopRejection> {
    if payout.is_zero() {
        Err(ShopRejection::ZeroPayoutAddress)
    } else {
        Ok(())
    }
}

fn check_name(name: &LocalizedText) -> Result<(), ShopRejection> {
    policy::SHOP_NAME
        .check_required(name)
        .map_err(ShopRejection::Name)
}
