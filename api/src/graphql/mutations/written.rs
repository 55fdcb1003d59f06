//! What a mutation wrote, read back through the same look-ups as any query.

use async_graphql::{Context, Result};
use gage_domain::ids::{OrderId, ProductId, ShopId};

use crate::graphql::{
    context::Asked as _,
    lookup::{Model, PaymentOf, load, wait_for},
    mutations::call::Written,
    types::{Order, Payment, Product, Shop, may_see_order, may_see_product},
};

/// The shop that was written.
///
/// # Errors
/// `NOT_YET_VISIBLE`; the mutation stands.
pub async fn shop(ctx: &Context<'_>, written: &Written<ShopId>) -> Result<Option<Shop>> {
    let Some((id, position)) = written.done() else {
        return Ok(None);
    };
    wait_for(ctx, &[Model::Catalog], Some(position)).await?;
    Ok(load(ctx, id).await?.map(Shop))
}

/// The product that was written.
///
/// # Errors
/// `NOT_YET_VISIBLE`; the mutation stands.
pub async fn product(ctx: &Context<'_>, written: &Written<ProductId>) -> Result<Option<Product>> {
    let Some((id, position)) = written.done() else {
        return Ok(None);
    };
    wait_for(ctx, &[Model::Catalog], Some(position)).await?;
    let asking = ctx.asking()?;
    Ok(load(ctx, id)
        .await?
        .filter(|row| may_see_product(row, asking))
        .map(Product))
}

/// The order that was written.
///
/// # Errors
/// `NOT_YET_VISIBLE`; the mutation stands.
pub async fn order(ctx: &Context<'_>, written: &Written<OrderId>) -> Result<Option<Order>> {
    let Some((id, position)) = written.done() else {
        return Ok(None);
    };
    wait_for(ctx, &[Model::Orders, Model::Payments], Some(position)).await?;
    let viewer = ctx.standing()?;
    Ok(load(ctx, id)
        .await?
        .filter(|row| may_see_order(row, viewer))
        .map(Order))
}

/// The payment of the order that was written. Only for whom the order was written.
///
/// # Errors
/// `NOT_YET_VISIBLE`; the mutation stands.
pub async fn payment(ctx: &Context<'_>, written: &Written<OrderId>) -> Result<Option<Payment>> {
    let Some((id, position)) = written.done() else {
        return Ok(None);
    };
    wait_for(ctx, &[Model::Payments], Some(position)).await?;
    Ok(load(ctx, PaymentOf(id)).await?.map(Payment))
}
