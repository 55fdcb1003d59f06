//! Changes where the money of a shop's future orders goes.

use gage_domain::{
    ids::ShopId,
    shop::{Shop, ShopCommand},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::existing_shop,
};

/// Changes where the money of a shop's future orders goes.
#[derive(Debug, Clone, Serialize)]
pub struct ChangePayoutAddress {
    /// The shop.
    pub shop: ShopId,
    /// Who asks; only its owner may.
    pub by: Address,
    /// The new address.
    pub payout: Address,
}

impl Operation for ChangePayoutAddress {
    const NAME: &'static str = "change_payout_address";
    type Output = ShopId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ShopId, UnitError> {
        let command = ShopCommand::ChangePayoutAddress {
            by: self.by,
            payout: self.payout,
        };
        existing_shop(unit, self.shop)?;
        unit.decide::<Shop>(self.shop, &command)?;
        Ok(self.shop)
    }
}
