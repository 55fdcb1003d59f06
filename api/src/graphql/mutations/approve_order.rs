//! Approves an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::approve_order::ApproveOrder;
use gage_domain::ids::OrderId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::Order,
};

/// Which order.
#[derive(InputObject)]
pub struct ApproveOrderInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The order.
    order: ID,
}

/// What came of it.
pub struct ApproveOrderPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl ApproveOrderPayload {
    /// The order's id. Null when it was refused.
    async fn order_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The order as it is now. Null when it was refused.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        written::order(ctx, &self.0).await
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

/// Approves an order.
#[derive(Default)]
pub struct ApproveOrderMutation;

/// Approves an order.
#[Object]
impl ApproveOrderMutation {
    /// Approves a paid order: its stock leaves. For its shop's owner.
    async fn approve_order(
        &self,
        ctx: &Context<'_>,
        input: ApproveOrderInput,
    ) -> Result<ApproveOrderPayload> {
        approve(ctx, input).await
    }
}

/// Approves an order, by itself or among others.
pub(super) async fn approve(
    ctx: &Context<'_>,
    input: ApproveOrderInput,
) -> Result<ApproveOrderPayload> {
    let written = write(ctx, &input.idempotency_key, |call| {
        let order = id_at(&input.order, "order")?;
        Ok(ApproveOrder { order, by: call.by })
    });
    Ok(ApproveOrderPayload(written.await?))
}
