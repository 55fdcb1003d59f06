//! Orders.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use gage_application::{gateway::What, ports::personal_data::Reading, position::LogPosition};
use gage_domain::order::{self, Phase};
use gage_projections::{
    PageSize,
    orders::{LineRow, OrderRow},
};

use crate::{
    graphql::{
        context::Asked as _,
        errors::{ApiError, BadArgument},
        lookup::{DeliveryOf, LinesOf, PaymentOf, load},
        node_id::GlobalId as _,
        scalars::{Address, Cursor, DateTime},
        types::{
            Delivery, LocalizedText, Payment, Price, Product, ProofDocument, Shop, TimelineEntry,
            may_see_product, order_search, proof::receipt,
        },
    },
    identity::viewer::Standing,
};

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "gage_domain::order::Phase")]
pub enum OrderStatus {
    /// Stock is reserved, money is not there yet.
    AwaitingPayment,
    /// The payment is confirmed; the owner decides.
    Paid,
    /// The owner will deliver.
    Approved,
    /// It is on its way.
    Shipped,
    /// The buyer has it.
    Delivered,
    /// Nothing is left to do.
    Completed,
    /// The owner refused it.
    Rejected,
    /// The buyer gave it up.
    Cancelled,
    /// It was not paid in time.
    Expired,
    /// The whole of its payment went back to the buyer.
    Refunded,
}

/// Where to follow a shipment.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "TrackingInput")]
pub struct Tracking {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number of it.
    pub number: String,
}

impl From<&order::Tracking> for Tracking {
    fn from(tracking: &order::Tracking) -> Self {
        Self {
            carrier: tracking.carrier.clone(),
            number: tracking.number.clone(),
        }
    }
}

impl From<Tracking> for order::Tracking {
    fn from(tracking: Tracking) -> Self {
        Self {
            carrier: tracking.carrier,
            number: tracking.number,
        }
    }
}

/// An order, for its buyer, its shop's owner, auditors and operators, and, from a dispute on, for
/// its arbiter.
pub struct Order(pub OrderRow);

/// Whether a viewer may see an order. To others it is as good as none.
pub fn may_see(order: &OrderRow, viewer: &Standing) -> bool {
    viewer.is(order.buyer)
        || viewer.is(order.shop_owner)
        || viewer.oversees()
        || (order.disputed && order.arbiter.is_some_and(|arbiter| viewer.is(arbiter)))
}

/// An order, for its buyer, its shop's owner, auditors and operators, and, from a dispute on, for
/// its arbiter.
#[Object]
impl Order {
    /// Its global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_global()
    }

    /// What people call it by: the first eight digits of its id. Rarely, two orders have the same.
    async fn number(&self) -> String {
        order_search::number(self.0.id)
    }

    /// The buyer's wallet.
    async fn buyer(&self) -> Address {
        Address(self.0.buyer)
    }

    /// The shop that sells.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Shop> {
        let shop = load(ctx, self.0.shop).await?;
        shop.map(Shop)
            .ok_or_else(|| ctx.error(ApiError::NotFound(What::Shop)))
    }

    /// How far it is.
    async fn status(&self) -> OrderStatus {
        self.0.phase.into()
    }

    /// What was ordered, at the prices of that moment.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        let lines = load(ctx, LinesOf(self.0.id)).await?.unwrap_or_default();
        Ok(lines.into_iter().map(OrderLine).collect())
    }

    /// What all lines cost together.
    async fn total(&self) -> Price {
        self.0.total.into()
    }

    /// When it expires if it is not paid.
    async fn pay_by(&self) -> DateTime {
        DateTime(self.0.pay_by)
    }

    /// When it was placed.
    async fn placed_at(&self) -> DateTime {
        DateTime(self.0.placed_at)
    }

    /// Where to follow the shipment.
    async fn tracking(&self) -> Option<Tracking> {
        self.0.tracking.as_ref().map(Into::into)
    }

    /// Where it goes; null when there is nothing to deliver. In the clear for its buyer and its
    /// shop's owner alone.
    async fn delivery(&self, ctx: &Context<'_>) -> Result<Option<Delivery>> {
        let viewer = ctx.standing()?;
        // Who oversees or decides a dispute needs no address.
        let party = viewer.is(self.0.buyer) || viewer.is(self.0.shop_owner);
        let reading = if party {
            // Only for this request: an answer that is kept for others would outlive an erasure.
            ctx.request()?;
            Reading::Open
        } else {
            Reading::Closed
        };
        let order = self.0.id;
        let found = load(ctx, DeliveryOf { order, reading }).await?;
        Ok(found.map(Into::into))
    }

    /// Why the owner refused it.
    async fn rejection_reason(&self) -> Option<&str> {
        self.0.rejection_reason.as_deref()
    }

    /// Its payment.
    async fn payment(&self, ctx: &Context<'_>) -> Result<Option<Payment>> {
        Ok(load(ctx, PaymentOf(self.0.id)).await?.map(Payment))
    }

    /// What happened to it and to its payment, oldest first.
    #[graphql(complexity = "20 * child_complexity")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what happened after this cursor.")] after: Option<Cursor>,
        #[graphql(desc = "At most so many, 1 to 100.", default = 100)] first: i32,
    ) -> Result<Vec<TimelineEntry>> {
        let size = PageSize::try_from(i64::from(first)).map_err(|_| {
            ctx.error(
                BadArgument::PageSize {
                    given: first.into(),
                }
                .into(),
            )
        })?;
        let after = after.map_or(LogPosition::START, |cursor| cursor.0);
        let found = ctx
            .services()?
            .orders
            .timeline(self.0.id, after, size)
            .await;
        let found = found.map_err(|error| ctx.error(error.into()))?;
        Ok(found.into_iter().map(TimelineEntry).collect())
    }

    /// Its receipt: its events and its payment's as they are stored, the proofs that they are in
    /// the log, a signed checkpoint, and where that is anchored. Keep it: it can be checked for
    /// ever, without this server. Null while no checkpoint is above the order yet, and where none
    /// are signed.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn receipt(&self, ctx: &Context<'_>) -> Result<Option<ProofDocument>> {
        receipt(ctx, self.0.id).await
    }

    /// Where it or its payment changed last: where a subscription can go on.
    async fn cursor(&self) -> Cursor {
        Cursor(self.0.position)
    }
}

/// A line of an order, as it was at placing.
pub struct OrderLine(pub LineRow);

/// A line of an order, as it was at placing.
#[Object]
impl OrderLine {
    /// The product as it is now; null when it is not for this viewer to see any more.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Product>> {
        let asking = ctx.asking()?;
        let product = load(ctx, self.0.product).await?;
        Ok(product
            .filter(|product| may_see_product(product, asking))
            .map(Product))
    }

    /// The product's id.
    async fn product_id(&self) -> ID {
        self.0.product.to_global()
    }

    /// The product's name at placing.
    async fn name(&self) -> LocalizedText {
        (&self.0.name).into()
    }

    /// What one piece cost at placing.
    async fn unit_price(&self) -> Price {
        self.0.unit_price.into()
    }

    /// How many pieces.
    async fn quantity(&self) -> u32 {
        self.0.quantity.get()
    }
}

/// All phases have a status; the derive above makes it a compile error to forget one.
const _: fn(Phase) -> OrderStatus = OrderStatus::from;
