//! Erases a customer's personal data.

use async_graphql::{Context, InputObject, Object, Result};
use futures::future::try_join_all;
use gage_application::{
    erasure::{EraseError, OPEN_ORDERS_TOLD, OpenOrderRule},
    metadata::Actor,
    ports::personal_data::{Erased, Erasure},
};
use gage_domain::ids::OrderId;

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, ErrorCode},
    lookup::load,
    mutations::call::{UserError, caller},
    scalars::DateTime,
    types::Order,
};

/// That it is to be done.
#[derive(InputObject)]
pub struct EraseMyPersonalDataInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
}

/// What came of it.
pub enum EraseMyPersonalDataPayload {
    /// It is done.
    Done(Erased),
    /// Nothing was erased.
    Refused {
        /// Why.
        errors: Vec<UserError>,
        /// The orders that are in the way.
        open: Vec<OrderId>,
    },
}

/// What came of it.
#[Object]
impl EraseMyPersonalDataPayload {
    /// When it was erased. Null when it was refused.
    async fn erased_at(&self) -> Option<DateTime> {
        match self {
            Self::Done(erased) => Some(DateTime(erased.at)),
            Self::Refused { .. } => None,
        }
    }

    /// Orders that are in the way: their goods are still to be delivered. At most 100.
    #[graphql(complexity = "100 * child_complexity")]
    async fn open_orders(&self, ctx: &Context<'_>) -> Result<Vec<Order>> {
        let Self::Refused { open, .. } = self else {
            return Ok(Vec::new());
        };
        let orders = try_join_all(open.iter().map(|order| load(ctx, *order))).await?;
        Ok(orders.into_iter().flatten().map(Order).collect())
    }

    /// Why it was refused; empty when it was not.
    async fn user_errors(&self) -> Vec<UserError> {
        match self {
            Self::Done(_) => Vec::new(),
            Self::Refused { errors, .. } => errors.clone(),
        }
    }
}

/// Erases a customer's personal data.
#[derive(Default)]
pub struct EraseMyPersonalDataMutation;

/// Erases a customer's personal data.
#[Object]
impl EraseMyPersonalDataMutation {
    /// Erases the delivery details of all orders of the wallet that asks, for everyone and for ever. The orders, their history and what proves it stay. Refused with `ORDERS_STILL_OPEN` while goods are to be delivered.
    #[graphql(complexity = "500 + child_complexity")]
    async fn erase_my_personal_data(
        &self,
        ctx: &Context<'_>,
        input: EraseMyPersonalDataInput,
    ) -> Result<EraseMyPersonalDataPayload> {
        let call = match caller(ctx, &input.idempotency_key)? {
            Ok(call) => call,
            Err(error) => {
                let (errors, open) = (vec![error], Vec::new());
                return Ok(EraseMyPersonalDataPayload::Refused { errors, open });
            }
        };
        let erasure = Erasure {
            customer: call.by,
            by: Actor::Wallet(call.by),
            request: input.idempotency_key,
        };
        let eraser = &ctx.services()?.eraser;
        match eraser.erase(&erasure, OpenOrderRule::InTheWay).await {
            Ok(done) => Ok(EraseMyPersonalDataPayload::Done(done)),
            Err(EraseError::OpenOrders(open)) => {
                let more = if open.len() >= OPEN_ORDERS_TOLD {
                    "or more "
                } else {
                    ""
                };
                let message = format!(
                    "{} {more}orders are still to be delivered: cancel them, or confirm their \
                     delivery, and ask again",
                    open.len()
                );
                let errors = vec![UserError::at(ErrorCode::OrdersStillOpen, message, &[])];
                Ok(EraseMyPersonalDataPayload::Refused { errors, open })
            }
            Err(EraseError::Behind) => Err(ctx.error(ApiError::NotYetVisible)),
            Err(EraseError::Store(away)) => Err(ctx.error(away.into())),
            Err(EraseError::Log(away)) => Err(ctx.error(away.into())),
        }
    }
}
