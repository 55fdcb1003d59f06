//! Takes a hint of a payment.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::report_payment_attempt::ReportPaymentAttempt;
use gage_domain::ids::OrderId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::{Cursor, Hash, Long},
    types::Order,
};

/// A transaction on its way.
#[derive(InputObject)]
pub struct ReportPaymentAttemptInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The order.
    order: ID,
    /// The transaction.
    transaction_hash: Hash,
    /// Its nonce in its sender's account.
    nonce: Long,
}

/// What came of it.
pub struct ReportPaymentAttemptPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl ReportPaymentAttemptPayload {
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

/// Takes a hint of a payment.
#[derive(Default)]
pub struct ReportPaymentAttemptMutation;

/// Takes a hint of a payment.
#[Object]
impl ReportPaymentAttemptMutation {
    /// Takes a hint of the transaction that pays. Never proof: only the chain is. For the order's buyer.
    async fn report_payment_attempt(
        &self,
        ctx: &Context<'_>,
        input: ReportPaymentAttemptInput,
    ) -> Result<ReportPaymentAttemptPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(ReportPaymentAttempt {
                order: id_at(&input.order, "order")?,
                by: call.by,
                tx_hash: input.transaction_hash.0,
                nonce: input.nonce.0,
            })
        });
        Ok(ReportPaymentAttemptPayload(written.await?))
    }
}
