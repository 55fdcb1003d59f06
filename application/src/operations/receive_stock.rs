//! Takes pieces of a product into stock.

use gage_domain::{
    ids::{ProductId, SkuId},
    inventory::{Inventory, InventoryCommand},
    value::{Address, Quantity},
};
use serde::Serialize;

use crate::{
    event::StreamName,
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

    async fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by).await?;
        let command = InventoryCommand::Receive {
            quantity: self.quantity,
        };
        unit.decide::<Inventory>(self.product.into(), &command)
            .await?;
        Ok(self.product)
    }

    fn hot_streams(&self) -> Vec<StreamName> {
        vec![StreamName::of::<Inventory>(SkuId::from(self.product))]
    }
}
