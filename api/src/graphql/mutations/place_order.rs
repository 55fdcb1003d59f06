//! Places an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::{
    gateway::Operation as _, operations::place_order::PlaceOrder, ports::personal_data::SealError,
};
use gage_domain::{
    ids::{OrderId, ProductId},
    order::Wanted,
    personal, value,
};

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, ErrorCode},
    mutations::{
        call::{Call, UserError, Written, caller, carry_out, id_at, price_at, quantity_at},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{DeliveryDetails, Order, PayWithInput, PriceInput},
};

/// An order.
#[derive(InputObject)]
pub struct PlaceOrderInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The shop.
    shop: ID,
    /// What is ordered, 1 to 100 lines; lines of the same product are summed.
    lines: Vec<OrderLineInput>,
    /// What is paid with. For prices in fiat money; it may be left out when only one token has a rate in that currency. Prices in a token are paid in that token.
    pay_with: Option<PayWithInput>,
    /// Where it goes; null when there is nothing to deliver. It is kept sealed, and shown to the buyer and the shop's owner alone. Give it as a variable, so that it is no part of the document.
    delivery: Option<DeliveryDetails>,
}

/// A line of a new order.
#[derive(InputObject)]
pub struct OrderLineInput {
    /// The product.
    product: ID,
    /// How many pieces, 1 to 1000000000.
    quantity: i32,
    /// The price of one piece that the customer saw; the order is refused if it has changed.
    expected_price: Option<PriceInput>,
}

/// What came of it.
pub struct PlaceOrderPayload(Written<OrderId>);

/// What came of it.
#[Object]
impl PlaceOrderPayload {
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

/// Places an order.
#[derive(Default)]
pub struct PlaceOrderMutation;

/// Places an order.
#[Object]
impl PlaceOrderMutation {
    /// Places an order at one shop: all of it, or none. Stock is reserved at once, until the order is paid, cancelled or expired.
    async fn place_order(
        &self,
        ctx: &Context<'_>,
        input: PlaceOrderInput,
    ) -> Result<PlaceOrderPayload> {
        let call = match caller(ctx, &input.idempotency_key)? {
            Ok(call) => call,
            Err(error) => return Ok(PlaceOrderPayload(Written::Refused(vec![error]))),
        };
        let first_chain = ctx.services()?.rail.first_chain();
        let operation = match made(&call, first_chain, input) {
            Ok((operation, Some(details))) => sealed(ctx, operation, &details).await?,
            Ok((operation, None)) => Ok(operation),
            Err(error) => Err(error),
        };
        Ok(PlaceOrderPayload(carry_out(ctx, call, operation).await?))
    }
}

/// The operation, and what is to be sealed with it.
fn made(
    call: &Call,
    first_chain: u64,
    input: PlaceOrderInput,
) -> Result<(PlaceOrder, Option<personal::DeliveryDetails>), UserError> {
    let operation = PlaceOrder {
        order: OrderId(call.new_id(PlaceOrder::NAME)),
        by: call.by,
        shop: id_at(&input.shop, "shop")?,
        lines: wanted(&input.lines)?,
        seen_prices: seen_prices(&input.lines)?,
        pay_with: input.pay_with.map(|with| with.asset(first_chain)),
        delivery: None,
    };
    let details = input.delivery.map(TryInto::try_into).transpose()?;
    Ok((operation, details))
}

/// The operation with where the order goes, sealed: nothing after this sees it in the clear.
async fn sealed(
    ctx: &Context<'_>,
    operation: PlaceOrder,
    details: &personal::DeliveryDetails,
) -> Result<Result<PlaceOrder, UserError>> {
    let personal = &ctx.services()?.personal;
    match personal.seal(operation.by, operation.order, details).await {
        Ok(sealed) => Ok(Ok(PlaceOrder {
            delivery: Some(sealed),
            ..operation
        })),
        Err(error @ SealError::NoKey) => {
            let code = ErrorCode::DeliveryNotTaken;
            Ok(Err(UserError::at(code, error.to_string(), &["delivery"])))
        }
        Err(SealError::Store(away)) => Err(ctx.error(away.into())),
        Err(error @ (SealError::OtherKey | SealError::Cipher)) => {
            let reason = error.to_string();
            Err(ctx.error(ApiError::Internal { reason }))
        }
    }
}

/// Lines that are looked at. More are no order, and merging them would be work for nothing.
const LINES_LOOKED_AT: usize = 1_000;

fn wanted(lines: &[OrderLineInput]) -> Result<Vec<Wanted>, UserError> {
    if lines.len() > LINES_LOOKED_AT {
        let message = format!("an order may not have {} lines", lines.len());
        return Err(UserError::at(
            ErrorCode::OrderTooManyLines,
            message,
            &["lines"],
        ));
    }
    let line = |(index, line): (usize, &OrderLineInput)| {
        let index = index.to_string();
        let product = ProductId::from_global(&line.product).ok_or_else(|| {
            let message = "there is no such product";
            UserError::at(ErrorCode::NotFound, message, &["lines", &index, "product"])
        })?;
        let quantity = quantity_at(line.quantity, &["lines", &index, "quantity"])?;
        Ok(Wanted { product, quantity })
    };
    lines.iter().enumerate().map(line).collect()
}

fn seen_prices(lines: &[OrderLineInput]) -> Result<Vec<(ProductId, value::Price)>, UserError> {
    let seen = |(index, line): (usize, &OrderLineInput)| {
        let product = ProductId::from_global(&line.product)?;
        let field = ["lines", &index.to_string(), "expectedPrice"];
        Some(price_at(line.expected_price?, &field).map(|price| (product, price)))
    };
    lines.iter().enumerate().filter_map(seen).collect()
}
