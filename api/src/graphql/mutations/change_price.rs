//! Changes a product's price.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::change_price::ChangePrice;
use gage_domain::ids::ProductId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, price_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{PriceInput, Product},
};

/// A product's new price.
#[derive(InputObject)]
pub struct ChangePriceInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// Its price.
    price: PriceInput,
}

/// What came of it.
pub struct ChangePricePayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ChangePricePayload {
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

/// Changes a product's price.
#[derive(Default)]
pub struct ChangePriceMutation;

/// Changes a product's price.
#[Object]
impl ChangePriceMutation {
    /// Changes a product's price; orders that were placed keep theirs. For its shop's owner.
    async fn change_price(
        &self,
        ctx: &Context<'_>,
        input: ChangePriceInput,
    ) -> Result<ChangePricePayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let product = id_at(&input.product, "product")?;
            Ok(ChangePrice {
                product,
                by: call.by,
                price: price_at(input.price, &["price"])?,
            })
        });
        Ok(ChangePricePayload(written.await?))
    }
}
