//! Whatever has a global id.

use async_graphql::{Context, ID, Interface, Result};

use crate::graphql::{
    context::Asked as _,
    lookup::{PaymentOf, load},
    node_id::NodeId,
    types::{Order, Payment, Product, Shop, may_see_order, may_see_product},
};

/// Whatever has a global id.
#[derive(Interface)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, on its way into an answer"
)]
#[graphql(field(name = "id", ty = "ID", desc = "Its global id."))]
pub enum Node {
    /// A shop.
    Shop(Shop),
    /// A product.
    Product(Product),
    /// An order.
    Order(Order),
    /// The payment of an order.
    Payment(Payment),
}

impl Node {
    /// What an id names, if the viewer may see it.
    ///
    /// # Errors
    /// When the read models cannot be asked.
    pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Self>> {
        let Some(id) = NodeId::decode(id) else {
            return Ok(None);
        };
        let asking = ctx.asking()?;
        Ok(match id {
            NodeId::Shop(id) => load(ctx, id).await?.map(|row| Self::Shop(Shop(row))),
            NodeId::Product(id) => load(ctx, id)
                .await?
                .filter(|row| may_see_product(row, asking))
                .map(|row| Self::Product(Product(row))),
            NodeId::Order(id) => load(ctx, id)
                .await?
                .filter(|row| may_see_order(row, asking.standing()))
                .map(|row| Self::Order(Order(row))),
            // Who may see an order may see its payment, and nobody else.
            NodeId::Payment(id) => match load(ctx, gage_domain::ids::OrderId::from(id)).await? {
                Some(order) if may_see_order(&order, asking.standing()) => {
                    load(ctx, PaymentOf(order.id))
                        .await?
                        .map(|row| Self::Payment(Payment(row)))
                }
                _ => None,
            },
        })
    }
}
