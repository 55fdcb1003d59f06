//! Renames a shop.

use gage_domain::{
    ids::ShopId,
    shop::{Shop, ShopCommand},
    text::LocalizedText,
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::existing_shop,
};

/// Renames a shop.
#[derive(Debug, Clone, Serialize)]
pub struct ReviseShop {
    /// The shop.
    pub shop: ShopId,
    /// Who asks; only its owner may.
    pub by: Address,
    /// Its new name.
    pub name: LocalizedText,
}

impl Operation for ReviseShop {
    const NAME: &'static str = "revise_shop";
    type Output = ShopId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ShopId, UnitError> {
        let command = ShopCommand::Revise {
            by: self.by,
            name: self.name.clone(),
        };
        existing_shop(unit, self.shop)?;
        unit.decide::<Shop>(self.shop, &command)?;
        Ok(self.shop)
    }
}
