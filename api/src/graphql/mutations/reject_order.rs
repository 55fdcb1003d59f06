//! Rejects an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::reject_order::RejectOrder;
use gage_domain::ids::OrderId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{Order, PreparedCall},
};

/// Which order, and why.
#[derive(InputObject)]
pub struct RejectOrderInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The order.
    order: ID,
    /// Why; the buyer reads it.
    reason: String,
}

/// What came of it.
pub struct RejectOrderPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl RejectOrderPayload {
    /// The order's id. Null when it was refused.
    async fn order_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The order as it is now. Null when it was refused.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        written::order(ctx, &self.0).await
    }

    /// The call with which the seller's wallet gives the buyer the money back. Null when nothing is
    /// to be given back, and when it was refused.
    #[graphql(complexity = "100 + child_complexity")]
    async fn refund_call(&self, ctx: &Context<'_>) -> Result<Option<PreparedCall>> {
        match written::payment(ctx, &self.0).await? {
            Some(payment) => payment.refund_due_call(ctx).await,
            None => Ok(None),
        }
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

/// Rejects an order.
#[derive(Default)]
pub struct RejectOrderMutation;

/// Rejects an order.
#[Object]
impl RejectOrderMutation {
    /// Rejects an order that is not approved yet; its stock comes back. For its shop's owner.
    async fn reject_order(
        &self,
        ctx: &Context<'_>,
        input: RejectOrderInput,
    ) -> Result<RejectOrderPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let order = id_at(&input.order, "order")?;
            Ok(RejectOrder {
                order,
                by: call.by,
                reason: input.reason,
            })
        });
        Ok(RejectOrderPayload(written.await?))
    }
}
