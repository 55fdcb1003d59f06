//! Takes a product off sale.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::unpublish_product::UnpublishProduct;
use gage_domain::ids::ProductId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::Product,
};

/// Which product.
#[derive(InputObject)]
pub struct UnpublishProductInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
}

/// What came of it.
pub struct UnpublishProductPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl UnpublishProductPayload {
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

/// Takes a product off sale.
#[derive(Default)]
pub struct UnpublishProductMutation;

/// Takes a product off sale.
#[Object]
impl UnpublishProductMutation {
    /// Takes a product off sale; orders that were placed stand. For its shop's owner.
    async fn unpublish_product(
        &self,
        ctx: &Context<'_>,
        input: UnpublishProductInput,
    ) -> Result<UnpublishProductPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let product = id_at(&input.product, "product")?;
            Ok(UnpublishProduct {
                product,
                by: call.by,
            })
        });
        Ok(UnpublishProductPayload(written.await?))
    }
}
