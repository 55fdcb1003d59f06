//! Opens a shop for a wallet.

use gage_domain::{
    ids::ShopId,
    shop::{Shop, ShopCommand},
    text::LocalizedText,
    value::Address,
};
use serde::Serialize;

use crate::gateway::{Operation, Unit, UnitError};

/// Opens a shop for a wallet.
#[derive(Debug, Clone, Serialize)]
pub struct OpenShop {
    /// The new shop.
    pub shop: ShopId,
    /// Its owner.
    pub by: Address,
    /// Its name.
    pub name: LocalizedText,
    /// Where its money goes.
    pub payout: Address,
}

impl Operation for OpenShop {
    const NAME: &'static str = "open_shop";
    type Output = ShopId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ShopId, UnitError> {
        let command = ShopCommand::Open {
            owner: self.by,
            name: self.name.clone(),
            payout: self.payout,
        };
        unit.expect_new::<Shop>(self.shop);
        unit.decide::<Shop>(self.shop, &command)?;
        Ok(self.shop)
    }
}
