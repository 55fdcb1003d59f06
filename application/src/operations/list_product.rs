//! Lists a product in a shop, not yet published.

use gage_domain::{
    ids::{ProductId, ShopId},
    product::{Product, ProductCommand},
    text::LocalizedText,
    value::{Address, Price},
};
use serde::Serialize;

use crate::{
    gateway::{Operation, Unit, UnitError},
    operations::{authority::owner_of_shop, price::accepted},
};

/// Lists a product in a shop, not yet published.
#[derive(Debug, Clone, Serialize)]
pub struct ListProduct {
    /// The new product.
    pub product: ProductId,
    /// Who asks; only the shop's owner may.
    pub by: Address,
    /// The shop.
    pub shop: ShopId,
    /// Its name.
    pub name: LocalizedText,
    /// Its description.
    pub description: LocalizedText,
    /// Its price, if it is known yet; where it names no chain, the first one is meant.
    pub price: Option<Price>,
}

impl Operation for ListProduct {
    const NAME: &'static str = "list_product";
    type Output = ProductId;

    fn run(&self, unit: &mut Unit<'_>) -> Result<ProductId, UnitError> {
        unit.expect_new::<Product>(self.product);
        owner_of_shop(unit, self.shop, self.by)?;
        let price = self.price.map(|price| accepted(unit, price)).transpose()?;
        let command = ProductCommand::List {
            shop: self.shop,
            name: self.name.clone(),
            description: self.description.clone(),
            price,
        };
        unit.decide::<Product>(self.product, &command)?;
        Ok(self.product)
    }
}
