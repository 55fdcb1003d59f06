//! Changes a product's price; orders that were placed keep theirs.

use gage_domain::{
    ids::ProductId,
    product::{Product, ProductCommand},
    value::{Address, Price},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::{authority::owner_of_product, price::accepted},
};

/// Changes a product's price; orders that were placed keep theirs.
#[derive(Debug, Clone, Serialize)]
pub struct ChangePrice {
    /// The product.
    pub product: ProductId,
    /// Who asks; only the owner of its shop may.
    pub by: Address,
    /// Its new price; where it names no chain, the first one is meant.
    pub price: Price,
}

impl Operation for ChangePrice {
    const NAME: &'static str = "change_price";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        owner_of_product(unit, self.product, self.by)?;
        let price = accepted(unit, self.price)?;
        let command = ProductCommand::ChangePrice { price };
        unit.decide::<Product>(self.product, &command)?;
        Ok(self.product)
    }
}
