//! What can be followed. Each item carries a cursor; a subscription that starts again after the
//! last one misses nothing.

mod follow;
mod history;

use std::time::Duration;

use async_graphql::{Context, ID, Result, SimpleObject, Subscription};
use futures::{FutureExt as _, Stream, StreamExt as _};
use gage_application::{gateway::What, ports::wake::Notice, position::LogPosition};
use gage_domain::ids::{OrderId, ProductId, ShopId};
use gage_projections::{PageSize, orders::OrderQueries};
use tokio::time::timeout;

use self::follow::{Change, Followed, follow};
use crate::graphql::{
    context::{Asked as _, ReadProgress, Services},
    errors::ApiError,
    live::Subject,
    lookup::{Model, load, wait_for},
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{
        HistoryEvent, HistoryFilter, Order, Product, TimelineEntry, may_see_order, may_see_product,
    },
};

/// How long an order waits for its payment's read model.
const AGREE_WITHIN: Duration = Duration::from_secs(1);

/// What can be followed.
pub struct SubscriptionRoot;

/// Something that happened to an order.
#[derive(SimpleObject)]
pub struct OrderUpdate {
    /// Where to go on after this one.
    cursor: Cursor,
    /// What happened.
    entry: TimelineEntry,
    /// The order as it is now.
    order: Order,
}

/// An order of a shop that changed.
#[derive(SimpleObject)]
pub struct ShopOrderUpdate {
    /// Where to go on after this one.
    cursor: Cursor,
    /// The order as it is now.
    order: Order,
}

/// A change of a product's stock.
#[derive(SimpleObject)]
pub struct StockUpdate {
    /// Where to go on after this one.
    cursor: Cursor,
    /// The product as it is now.
    product: Product,
}

type Updates<T> = Result<futures::stream::BoxStream<'static, Result<T>>>;

/// What can be followed.
#[Subscription(name = "Subscription")]
impl SubscriptionRoot {
    /// What happens to an order and to its payment, one by one. Begins after the cursor, or with
    /// the latest that happened.
    async fn order_updates(
        &self,
        ctx: &Context<'_>,
        order: ID,
        after: Option<Cursor>,
        #[graphql(desc = "Waits first until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<OrderUpdate>>> {
        let seen = at_least.max(after).map(|cursor| cursor.0);
        wait_for(ctx, &[Model::Orders, Model::Payments], seen).await?;
        order_updates(ctx, &order, after).await
    }

    /// Orders of a shop that change, for its owner, auditors and operators. Begins after the
    /// cursor, or with what changes from now on. Of an order that changes several times between
    /// two looks, only the newest state is told.
    async fn shop_orders(
        &self,
        ctx: &Context<'_>,
        shop: ID,
        after: Option<Cursor>,
        #[graphql(desc = "Waits first until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<ShopOrderUpdate>>> {
        let seen = at_least.max(after).map(|cursor| cursor.0);
        wait_for(ctx, &[Model::Catalog, Model::Orders], seen).await?;
        shop_orders(ctx, &shop, after).await
    }

    /// The history, event by event, for those who may see it, as long as they may. Begins after the
    /// cursor, or with the first event; ends with the time that is asked for.
    async fn history(
        &self,
        ctx: &Context<'_>,
        filter: Option<HistoryFilter>,
        after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<HistoryEvent>>> {
        history::follow(ctx, filter, after).await
    }

    /// The stock of a product. Begins after the cursor, or with the stock as it is.
    async fn stock(
        &self,
        ctx: &Context<'_>,
        product: ID,
        after: Option<Cursor>,
        #[graphql(desc = "Waits first until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<StockUpdate>>> {
        let seen = at_least.max(after).map(|cursor| cursor.0);
        wait_for(ctx, &[Model::Catalog], seen).await?;
        stock(ctx, &product, after).await
    }
}

async fn order_updates(
    ctx: &Context<'_>,
    order: &ID,
    after: Option<Cursor>,
) -> Updates<OrderUpdate> {
    let viewer = ctx.signed_in()?;
    let row = match OrderId::from_global(order) {
        Some(id) => load(ctx, id)
            .await?
            .filter(|row| may_see_order(row, viewer)),
        None => None,
    };
    let row = row.ok_or_else(|| ctx.error(ApiError::NotFound(What::Order)))?;
    // Just before the latest: subscribers see at once how the order stands.
    let latest = LogPosition {
        position: row.position.position - 1,
        ..row.position
    };
    let after = after.map_or(latest, |cursor| cursor.0);
    let services = ctx.services()?;
    let (models, id) = (Models::of(services), row.id);
    let look = move |after| {
        let models = models.clone();
        async move { timeline_after(&models, id, after).await }.boxed()
    };
    let followed = Followed {
        subject: Subject::Order(id),
        notice: Notice::Order(id),
        after,
        look: Box::new(look),
    };
    updates(ctx, followed)
}

/// The read models that an order is shown from.
#[derive(Clone)]
struct Models {
    orders: OrderQueries,
    progress: ReadProgress,
}

impl Models {
    fn of(services: &Services) -> Self {
        Self {
            orders: services.orders.clone(),
            progress: services.progress.clone(),
        }
    }

    /// Waits, for a moment at most, until the payments show what the orders show: the two are
    /// written independently, and "detected" beside a payment that is not would confuse.
    async fn agree(&self, position: LogPosition) {
        // The payments are stopped or far behind: an old one is better than silence.
        let _ = timeout(AGREE_WITHIN, self.progress.payments.reach(position)).await;
    }
}

async fn timeline_after(
    models: &Models,
    id: OrderId,
    after: LogPosition,
) -> Result<Vec<Change<OrderUpdate>>, ApiError> {
    let entries = models.orders.timeline(id, after, PageSize::MAX).await?;
    let Some(last) = entries.last() else {
        return Ok(Vec::new());
    };
    models.agree(last.position).await;
    let row = models
        .orders
        .order(id)
        .await?
        .ok_or(ApiError::NotFound(What::Order))?;
    let update = |entry: gage_projections::orders::TimelineRow| Change {
        position: entry.position,
        what: OrderUpdate {
            cursor: Cursor(entry.position),
            entry: TimelineEntry(entry),
            order: Order(row.clone()),
        },
    };
    Ok(entries.into_iter().map(update).collect())
}

async fn shop_orders(
    ctx: &Context<'_>,
    shop: &ID,
    after: Option<Cursor>,
) -> Updates<ShopOrderUpdate> {
    let viewer = ctx.signed_in()?;
    let row = match ShopId::from_global(shop) {
        Some(id) => load(ctx, id).await?,
        None => None,
    };
    let row = row.ok_or_else(|| ctx.error(ApiError::NotFound(What::Shop)))?;
    if !viewer.is(row.owner) && !viewer.oversees() {
        return Err(ctx.error(ApiError::Forbidden(What::Shop)));
    }
    let services = ctx.services()?;
    let after = if let Some(cursor) = after {
        cursor.0
    } else {
        let now = services.orders.checkpoint().await;
        now.map_err(|error| ctx.error(error.into()))?
    };
    let (models, id) = (Models::of(services), row.id);
    let look = move |after| {
        let models = models.clone();
        let found = async move {
            let rows = models
                .orders
                .changed_after(id, after, PageSize::MAX)
                .await?;
            if let Some(last) = rows.last() {
                models.agree(last.position).await;
            }
            let change = |row: gage_projections::orders::OrderRow| Change {
                position: row.position,
                what: ShopOrderUpdate {
                    cursor: Cursor(row.position),
                    order: Order(row),
                },
            };
            Ok(rows.into_iter().map(change).collect())
        };
        found.boxed()
    };
    let followed = Followed {
        subject: Subject::ShopOrders(id),
        notice: Notice::ShopOrders(id),
        after,
        look: Box::new(look),
    };
    updates(ctx, followed)
}

async fn stock(ctx: &Context<'_>, product: &ID, after: Option<Cursor>) -> Updates<StockUpdate> {
    let asking = ctx.asking()?.clone();
    let row = match ProductId::from_global(product) {
        Some(id) => load(ctx, id)
            .await?
            .filter(|row| may_see_product(row, &asking)),
        None => None,
    };
    let row = row.ok_or_else(|| ctx.error(ApiError::NotFound(What::Product)))?;
    // Before everything: also a stock that was never counted is told, once.
    let before_all = LogPosition {
        xact_id: -1,
        position: 0,
    };
    let after = after.map_or(before_all, |cursor| cursor.0);
    let (catalog, id) = (ctx.catalog()?.clone(), row.id);
    let look = move |after| {
        let (catalog, asking) = (catalog.clone(), asking.clone());
        let found = async move {
            let row = catalog
                .product(id)
                .await?
                .filter(|row| may_see_product(row, &asking));
            // A product that is taken off sale is not for this viewer to see any more.
            let row = row.ok_or(ApiError::NotFound(What::Product))?;
            let position = row.stock.position;
            let update = StockUpdate {
                cursor: Cursor(position),
                product: Product(row),
            };
            let changed = (position > after).then_some(Change {
                position,
                what: update,
            });
            Ok(changed.into_iter().collect())
        };
        found.boxed()
    };
    let followed = Followed {
        subject: Subject::Stock(id),
        notice: Notice::Stock(row.sku),
        after,
        look: Box::new(look),
    };
    updates(ctx, followed)
}

/// The changes, with errors as clients see them.
fn updates<T: Send + 'static>(ctx: &Context<'_>, followed: Followed<T>) -> Updates<T> {
    let (hints, feed) = (ctx.services()?.hints.as_ref(), ctx.feed()?.clone());
    let asking = ctx.asking()?.clone();
    Ok(follow(hints, feed, followed)
        .map(move |update| update.map_err(|error| asking.error(error)))
        .boxed())
}
