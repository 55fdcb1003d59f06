//! Corrects the stock of a product after counting.

use gage_domain::{
    ids::ProductId,
    inventory::{Inventory, InventoryCommand},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Corrects the stock of a product after counting.
#[derive(Debug, Clone, Serialize)]
pub struct AdjustStock {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Pieces more or, below zero, fewer.
    pub delta: i64,
    /// Why.
    pub reason: String,
}

impl Operation for AdjustStock {
    const NAME: &'static str = "adjust_stock";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        unit.want::<Inventory>([self.product.into()]);
        owner_of_product(unit, self.product, self.by)?;
        let command = InventoryCommand::Adjust {
            delta: self.delta,
            reason: self.reason.clone(),
        };
        unit.decide::<Inventory>(self.product.into(), &command)?;
        Ok(self.product)
    }
}
