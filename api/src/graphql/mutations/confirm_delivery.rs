//! Confirms a delivery.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::confirm_delivery::ConfirmDelivery;
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

/// Which order.
#[derive(InputObject)]
pub struct ConfirmDeliveryInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The order.
    order: ID,
}

/// What came of it.
pub struct ConfirmDeliveryPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl ConfirmDeliveryPayload {
    /// The order's id. Null when it was refused.
    async fn order_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The order as it is now. Null when it was refused.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        written::order(ctx, &self.0).await
    }

    /// The call with which the buyer's wallet gives the seller the money: confirming says that the
    /// goods are there, the money moves with this. Null when it was refused.
    #[graphql(complexity = "100 + child_complexity")]
    async fn release_call(&self, ctx: &Context<'_>) -> Result<Option<PreparedCall>> {
        match written::payment(ctx, &self.0).await? {
            Some(payment) => payment.release_all(ctx).await.map(Some),
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

/// Confirms a delivery.
#[derive(Default)]
pub struct ConfirmDeliveryMutation;

/// Confirms a delivery.
#[Object]
impl ConfirmDeliveryMutation {
    /// Confirms that a shipped order arrived. For its buyer.
    async fn confirm_delivery(
        &self,
        ctx: &Context<'_>,
        input: ConfirmDeliveryInput,
    ) -> Result<ConfirmDeliveryPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let order = id_at(&input.order, "order")?;
            Ok(ConfirmDelivery { order, by: call.by })
        });
        Ok(ConfirmDeliveryPayload(written.await?))
    }
}
