//! Shows a product to customers.

use gage_domain::{
    ids::ProductId,
    product::{Product, ProductCommand},
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Shows a product to customers.
#[derive(Debug, Clone, Serialize)]
pub struct PublishProduct {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
}

impl Operation for PublishProduct {
    const NAME: &'static str = "publish_product";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        unit.decide::<Product>(self.product, &ProductCommand::Publish)?;
        Ok(self.product)
    }
}
