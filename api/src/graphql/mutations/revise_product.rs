//! Revises a product.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::revise_product::ReviseProduct;
use gage_domain::ids::ProductId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{LocalizedTextInput, Product},
};

/// A product's new texts.
#[derive(InputObject)]
pub struct ReviseProductInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// Its name.
    name: LocalizedTextInput,
    /// Its description; empty when it is left out.
    description: Option<LocalizedTextInput>,
}

/// What came of it.
pub struct ReviseProductPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ReviseProductPayload {
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

/// Revises a product.
#[derive(Default)]
pub struct ReviseProductMutation;

/// Revises a product.
#[Object]
impl ReviseProductMutation {
    /// Changes a product's name and description. For its shop's owner.
    async fn revise_product(
        &self,
        ctx: &Context<'_>,
        input: ReviseProductInput,
    ) -> Result<ReviseProductPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(ReviseProduct {
                product: id_at(&input.product, "product")?,
                by: call.by,
                name: input.name.into(),
                description: input.description.unwrap_or_default().into(),
            })
        });
        Ok(ReviseProductPayload(written.await?))
    }
}
