//! Says from how many pieces on a product's stock counts as low.

use gage_domain::{
    ids::ProductId,
    product::{Product, ProductCommand},
    value::{Address, Quantity},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Says from how many pieces on a product's stock counts as low.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeLowStockMark {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// The most pieces that can be ordered while it counts as low; none when it never does.
    pub mark: Option<Quantity>,
}

impl Operation for ChangeLowStockMark {
    const NAME: &'static str = "change_low_stock_mark";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        let command = ProductCommand::ChangeLowStockMark { mark: self.mark };
        unit.decide::<Product>(self.product, &command)?;
        Ok(self.product)
    }
}
