//! Takes pieces into stock.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::receive_stock::ReceiveStock;
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

/// Pieces that came.
#[derive(InputObject)]
pub struct ReceiveStockInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The product.
    product: ID,
    /// How many pieces, 1 to 1000000000.
    quantity: i32,
}

/// What came of it.
pub struct ReceiveStockPayload(Written<ProductId>);

/// What came of it.
#[Object]
impl ReceiveStockPayload {
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

/// Takes pieces into stock.
#[derive(Default)]
pub struct ReceiveStockMutation;

/// Takes pieces into stock.
#[Object]
impl ReceiveStockMutation {
    /// Takes pieces of a product into stock. For its shop's owner.
    async fn receive_stock(
        &self,
        ctx: &Context<'_>,
        input: ReceiveStockInput,
    ) -> Result<ReceiveStockPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(ReceiveStock {
                product: id_at(&input.product, "product")?,
                by: call.by,
                quantity: quantity_at(input.quantity, &["quantity"])?,
            })
        });
        Ok(ReceiveStockPayload(written.await?))
    }
}
