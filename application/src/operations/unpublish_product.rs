//! Hides a product from customers; orders that were placed go on.

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

/// Hides a product from customers; orders that were placed go on.
#[derive(Debug, Clone, Serialize)]
pub struct UnpublishProduct {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
}

impl Operation for UnpublishProduct {
    const NAME: &'static str = "unpublish_product";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        unit.decide::<Product>(self.product, &ProductCommand::Unpublish)?;
        Ok(self.product)
    }
}
