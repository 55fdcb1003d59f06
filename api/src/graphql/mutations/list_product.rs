//! Lists a product.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::{gateway::Operation as _, operations::list_product::ListProduct};
use gage_domain::ids::ProductId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, price_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{LocalizedTextInput, PriceInput, Product},
};

/// A new product.
#[derive(InputObject)]
pub struct ListProductInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The shop.
    shop: ID,
    /// Its name; at least one language before it is published.
    name: LocalizedTextInput,
    /// Its description.
    description: Option<LocalizedTextInput>,
    /// Its price, if it is known yet.
    price: Option<PriceInput>,
}

/// What came of it.
pub struct ListProductPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ListProductPayload {
    /// The product's id. Null when it was refused.
    async fn product_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The product as it is now. Null when it was refused.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        written::product(ctx, &self.0).await
    }

    /// Where it is written: queries with `atLeast` see it.
    async fn position(&self) -> Option<Cursor> {
        self.0.cursor()
    }

    /// Why it was refused; empty when it was not.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.user_errors()
    }
}

/// Lists a product.
#[derive(Default)]
pub struct ListProductMutation;

/// Lists a product.
#[Object]
impl ListProductMutation {
    /// Lists a product in a shop, not yet for sale. For the shop's owner.
    async fn list_product(
        &self,
        ctx: &Context<'_>,
        input: ListProductInput,
    ) -> Result<ListProductPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let price = input.price.map(|price| price_at(price, &["price"]));
            Ok(ListProduct {
                product: ProductId(call.new_id(ListProduct::NAME)),
                by: call.by,
                shop: id_at(&input.shop, "shop")?,
                name: input.name.into(),
                description: input.description.unwrap_or_default().into(),
                price: price.transpose()?,
            })
        });
        Ok(ListProductPayload(written.await?))
    }
}
