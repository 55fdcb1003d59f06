//! Approves many orders.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use futures::future::try_join_all;

use crate::{
    graphql::{
        context::Asked as _,
        errors::{ApiError, BadArgument},
        mutations::approve_order::{ApproveOrderInput, ApproveOrderPayload, approve_among},
    },
    http::Caller,
};

/// The most orders that one request approves.
const MOST_ORDERS: usize = 50;

/// Which orders.
#[derive(InputObject)]
pub struct ApproveOrdersInput {
    /// The orders, 1 to 50, each with an idempotency key of its own.
    orders: Vec<ApproveOrderInput>,
}

/// What came of them.
#[derive(SimpleObject)]
pub struct ApproveOrdersPayload {
    /// What came of each, in the order in which they were given: some may be refused while others
    /// are approved.
    results: Vec<ApproveOrderPayload>,
}

/// Approves many orders.
#[derive(Default)]
pub struct ApproveOrdersMutation;

/// Approves many orders.
#[Object]
impl ApproveOrdersMutation {
    /// Approves paid orders, each by itself: what one is refused for, or that the server is too busy
    /// for one, does not hold up the others. Each counts as a request. For their shops' owner.
    #[graphql(complexity = "500 + input.orders.len() * (20 + child_complexity)")]
    async fn approve_orders(
        &self,
        ctx: &Context<'_>,
        input: ApproveOrdersInput,
    ) -> Result<ApproveOrdersPayload> {
        let given = input.orders.len();
        if !(1..=MOST_ORDERS).contains(&given) {
            let most = MOST_ORDERS;
            return Err(ctx.error(ApiError::from(BadArgument::Length { most, given })));
        }
        let orders = input.orders.into_iter().enumerate();
        let approvals = orders.map(|(number, order)| async move {
            match counted(ctx, number).await? {
                Ok(()) => approve_among(ctx, order).await,
                Err(error) => Ok(ApproveOrderPayload::failed(ctx, error)),
            }
        });
        // Only that nobody is signed in ends all of them.
        let results = try_join_all(approvals).await?;
        Ok(ApproveOrdersPayload { results })
    }
}

/// Counts an order as a request; the first is the request itself.
async fn counted(ctx: &Context<'_>, number: usize) -> Result<Result<(), ApiError>> {
    let caller = Caller::Wallet(ctx.wallet()?.address);
    if number == 0 {
        return Ok(Ok(()));
    }
    let counted = ctx.services()?.admission.count(caller).await;
    Ok(counted.map_err(|retry_after| ApiError::RateLimited { retry_after }))
}
