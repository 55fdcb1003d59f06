//! Approves an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::approve_order::ApproveOrder;
use gage_domain::ids::OrderId;

use crate::graphql::{
    context::Asked as _,
    errors::ApiError,
    mutations::{
        call::{Call, UserError, Written, attempt, id_at, write},
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
        let written = write(ctx, &input.idempotency_key, |call| input.operation(call));
        Ok(ApproveOrderPayload(written.await?))
    }
}

impl ApproveOrderInput {
    fn operation(&self, call: &Call) -> Result<ApproveOrder, UserError> {
        let order = id_at(&self.order, "order")?;
        Ok(ApproveOrder { order, by: call.by })
    }
}

/// Approves an order among others: whatever keeps this one from being approved is its own error.
pub(super) async fn approve_among(
    ctx: &Context<'_>,
    input: ApproveOrderInput,
) -> Result<ApproveOrderPayload> {
    let attempted = attempt(ctx, &input.idempotency_key, |call| input.operation(call));
    Ok(match attempted.await? {
        Ok(written) => ApproveOrderPayload(written),
        Err(error) => ApproveOrderPayload::failed(ctx, error),
    })
}

impl ApproveOrderPayload {
    /// Of an order that the server cannot approve now.
    pub(super) fn failed(ctx: &Context<'_>, error: ApiError) -> Self {
        let code = error.code();
        let message = ctx.error(error).message;
        Self(Written::Refused(vec![UserError::at(code, message, &[])]))
    }
}
