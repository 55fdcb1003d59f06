//! Says from how many pieces on a product's stock counts as low.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::change_low_stock_mark::ChangeLowStockMark;
use gage_domain::ids::ProductId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, quantity_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::Product,
};

/// A product's mark of low stock.
#[derive(InputObject)]
pub struct ChangeLowStockMarkInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// The most pieces that can be ordered while its stock counts as low, 1 to 1000000000; null
    /// when it never does.
    mark: Option<i32>,
}

/// What came of it.
pub struct ChangeLowStockMarkPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ChangeLowStockMarkPayload {
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

/// Says from how many pieces on a product's stock counts as low.
#[derive(Default)]
pub struct ChangeLowStockMarkMutation;

/// Says from how many pieces on a product's stock counts as low.
#[Object]
impl ChangeLowStockMarkMutation {
    /// Says from how many pieces on a product's stock counts as low. For its shop's owner.
    async fn change_low_stock_mark(
        &self,
        ctx: &Context<'_>,
        input: ChangeLowStockMarkInput,
    ) -> Result<ChangeLowStockMarkPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let product = id_at(&input.product, "product")?;
            Ok(ChangeLowStockMark {
                product,
                by: call.by,
                mark: input
                    .mark
                    .map(|mark| quantity_at(mark, &["mark"]))
                    .transpose()?,
            })
        });
        Ok(ChangeLowStockMarkPayload(written.await?))
    }
}
