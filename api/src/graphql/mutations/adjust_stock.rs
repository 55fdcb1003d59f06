//! Corrects a stock.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::adjust_stock::AdjustStock;
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

/// What the count showed.
#[derive(InputObject)]
pub struct AdjustStockInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// Pieces more or, below zero, fewer.
    delta: i32,
    /// Why.
    reason: String,
}

/// What came of it.
pub struct AdjustStockPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl AdjustStockPayload {
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

/// Corrects a stock.
#[derive(Default)]
pub struct AdjustStockMutation;

/// Corrects a stock.
#[Object]
impl AdjustStockMutation {
    /// Corrects the stock of a product after counting. For its shop's owner.
    async fn adjust_stock(
        &self,
        ctx: &Context<'_>,
        input: AdjustStockInput,
    ) -> Result<AdjustStockPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(AdjustStock {
                product: id_at(&input.product, "product")?,
                by: call.by,
                delta: input.delta.into(),
                reason: input.reason,
            })
        });
        Ok(AdjustStockPayload(written.await?))
    }
}
