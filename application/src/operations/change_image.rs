//! Changes a product's image, or takes it away.

use gage_domain::{
    ids::ProductId,
    product::{Product, ProductCommand},
    value::{Address, ImageHash},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::authority::owner_of_product,
};

/// Changes a product's image, or takes it away.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeImage {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Its new image, which must be kept already; none takes it away.
    pub image: Option<ImageHash>,
}

impl Operation for ChangeImage {
    const NAME: &'static str = "change_image";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        let command = ProductCommand::ChangeImage { image: self.image };
        unit.decide::<Product>(self.product, &command)?;
        Ok(self.product)
    }
}
