//! Changes a product's name and description.

use gage_domain::{
    ids::ProductId,
    product::{Product, ProductCommand},
    text::LocalizedText,
    value::Address,
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Changes a product's name and description.
#[derive(Debug, Clone, Serialize)]
pub struct ReviseProduct {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Its new name.
    pub name: LocalizedText,
    /// Its new description.
    pub description: LocalizedText,
}

impl Operation for ReviseProduct {
    const NAME: &'static str = "revise_product";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        let command = ProductCommand::Revise {
            name: self.name.clone(),
            description: self.description.clone(),
        };
        unit.decide::<Product>(self.product, &command)?;
        Ok(self.product)
    }
}
