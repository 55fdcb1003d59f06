//! Disputes.

use async_graphql::{Context, Object, Result};
use gage_application::gateway::What;
use gage_projections::payments::{DisputeRow, PaymentRow};

use crate::graphql::{
    context::Asked as _,
    errors::ApiError,
    lookup::{PaymentOf, load},
    scalars::{Address, DateTime},
    types::{Order, Payment},
};

/// A dispute about the money of an order: the arbiter decides by releasing or refunding, the
/// buyer may still release, the seller may still refund. It is over when nothing is held.
pub struct Dispute(pub DisputeRow);

/// A dispute about the money of an order: the arbiter decides by releasing or refunding, the
/// buyer may still release, the seller may still refund. It is over when nothing is held.
#[Object]
impl Dispute {
    /// The order.
    async fn order(&self, ctx: &Context<'_>) -> Result<Order> {
        let order = load(ctx, self.0.order).await?;
        order
            .map(Order)
            .ok_or_else(|| ctx.error(ApiError::NotFound(What::Order)))
    }

    /// Its payment.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Payment> {
        Ok(Payment(self.row(ctx).await?))
    }

    /// Who opened it: the buyer or the seller.
    async fn opened_by(&self) -> Address {
        Address(self.0.by)
    }

    /// When it was opened: the time of its block, or when the server saw it.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// From when on the buyer may take the refund if the arbiter did not decide; null when that
    /// never comes. The arbiter may still decide afterwards.
    async fn refundable_from(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let terms = self.row(ctx).await?.terms;
        Ok(terms.arbiter_ends(self.0.opened_at).map(DateTime))
    }
}

impl Dispute {
    async fn row(&self, ctx: &Context<'_>) -> Result<PaymentRow> {
        let payment = load(ctx, PaymentOf(self.0.order)).await?;
        payment.ok_or_else(|| ctx.error(ApiError::NotFound(What::Payment)))
    }
}
