//! Ships an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::ship_order::ShipOrder;
use gage_domain::ids::OrderId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{Order, Tracking},
};

/// Which order, and how to follow it.
#[derive(InputObject)]
pub struct ShipOrderInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The order.
    order: ID,
    /// Where to follow the shipment.
    tracking: Option<Tracking>,
}

/// What came of it.
pub struct ShipOrderPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl ShipOrderPayload {
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

/// Ships an order.
#[derive(Default)]
pub struct ShipOrderMutation;

/// Ships an order.
#[Object]
impl ShipOrderMutation {
    /// Records that an approved order was shipped. For its shop's owner.
    async fn ship_order(
        &self,
        ctx: &Context<'_>,
        input: ShipOrderInput,
    ) -> Result<ShipOrderPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let order = id_at(&input.order, "order")?;
            Ok(ShipOrder {
                order,
                by: call.by,
                tracking: input.tracking.map(Into::into),
            })
        });
        Ok(ShipOrderPayload(written.await?))
    }
}
