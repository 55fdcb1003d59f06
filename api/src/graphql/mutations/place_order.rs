//! Places an order.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::{gateway::Operation as _, operations::place_order::PlaceOrder};
use gage_domain::{
    ids::{OrderId, ProductId},
    order::Wanted,
    value,
};

use crate::graphql::{
    context::Asked as _,
    errors::ErrorCode,
    mutations::{
        call::{UserError, Written, id_at, price_at, quantity_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{Order, PayWithInput, PriceInput},
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
        let first_chain = ctx.services()?.rail.first_chain();
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(PlaceOrder {
                order: OrderId(call.new_id(PlaceOrder::NAME)),
                by: call.by,
                shop: id_at(&input.shop, "shop")?,
                lines: wanted(&input.lines)?,
                seen_prices: seen_prices(&input.lines)?,
                pay_with: input.pay_with.map(|with| with.asset(first_chain)),
            })
        });
        Ok(PlaceOrderPayload(written.await?))
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
