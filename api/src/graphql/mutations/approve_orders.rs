//! Approves many orders.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use futures::future::try_join_all;

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, BadArgument},
    mutations::approve_order::{ApproveOrderInput, ApproveOrderPayload, approve},
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
    /// Approves paid orders, each by itself: what one is refused for does not hold up the others.
    /// For their shops' owner.
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
        let approvals = input.orders.into_iter().map(|order| approve(ctx, order));
        let results = try_join_all(approvals).await?;
        Ok(ApproveOrdersPayload { results })
    }
}
