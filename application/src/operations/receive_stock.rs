//! Takes pieces of a product into stock.

use gage_domain::{
    ids::ProductId,
    inventory::{Inventory, InventoryCommand},
    value::{Address, Quantity},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Takes pieces of a product into stock.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveStock {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Pieces.
    pub quantity: Quantity,
}

impl Operation for ReceiveStock {
    const NAME: &'static str = "receive_stock";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        unit.want::<Inventory>([self.product.into()]);
        owner_of_product(unit, self.product, self.by)?;
        let command = InventoryCommand::Receive {
            quantity: self.quantity,
        };
        unit.decide::<Inventory>(self.product.into(), &command)?;
        Ok(self.product)
    }
}
