//! Look-ups that types share: batched by id, and waited for when something was just written.

use std::{collections::HashMap, hash::Hash, sync::Arc, time::Duration};

use async_graphql::{
    Context, Error,
    dataloader::{DataLoader, Loader},
};
use futures::future::BoxFuture;
use gage_application::{
    ports::personal_data::{Delivery, KeyState, PersonalData, Reading},
    position::LogPosition,
    progress::Progress,
};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    personal::PersonalKeyId,
};
use gage_projections::{
    QueryError,
    catalog::{CatalogQueries, ProductRow, ShopRow},
    orders::{LineRow, OrderQueries, OrderRow},
    payments::{PaymentQueries, PaymentRow},
};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::graphql::{
    context::{Asked as _, ReadProgress, Services},
    errors::ApiError,
};

/// How long a query waits for what was just written.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

/// Loads rows by id, many at once: a page of orders asks for all its lines in one query.
pub(super) struct Loaders(DataLoader<Rows>);

/// The read models, as a loader of rows.
#[derive(Clone)]
pub(super) struct Rows {
    catalog: CatalogQueries,
    orders: OrderQueries,
    payments: PaymentQueries,
    personal: Arc<dyn PersonalData>,
}

impl Rows {
    /// Loads through these.
    pub(super) fn loaders(services: &Services) -> Loaders {
        let rows = Self {
            catalog: services.catalog.clone(),
            orders: services.orders.clone(),
            payments: services.payments.clone(),
            personal: services.personal.clone(),
        };
        // A batch belongs to the request that began it, for logs.
        let spawn = |load: BoxFuture<'static, ()>| tokio::spawn(load.in_current_span());
        Loaders(DataLoader::new(rows, spawn))
    }
}

/// The lines of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LinesOf(pub(super) OrderId);

/// The payment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PaymentOf(pub(super) OrderId);

/// Where an order goes. Nothing of it is kept after the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DeliveryOf {
    /// The order.
    pub(super) order: OrderId,
    /// Whether in the clear.
    pub(super) reading: Reading,
}

impl Loader<ShopId> for Rows {
    type Value = ShopRow;
    type Error = QueryError;

    async fn load(&self, keys: &[ShopId]) -> Result<HashMap<ShopId, ShopRow>, QueryError> {
        let rows = self.catalog.shops_by_id(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<ProductId> for Rows {
    type Value = ProductRow;
    type Error = QueryError;

    async fn load(&self, keys: &[ProductId]) -> Result<HashMap<ProductId, ProductRow>, QueryError> {
        let rows = self.catalog.products_by_id(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<OrderId> for Rows {
    type Value = OrderRow;
    type Error = QueryError;

    async fn load(&self, keys: &[OrderId]) -> Result<HashMap<OrderId, OrderRow>, QueryError> {
        let rows = self.orders.orders_by_id(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<LinesOf> for Rows {
    type Value = Vec<LineRow>;
    type Error = QueryError;

    async fn load(&self, keys: &[LinesOf]) -> Result<HashMap<LinesOf, Vec<LineRow>>, QueryError> {
        let orders: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let lines = self.orders.lines(&orders).await?;
        Ok(lines
            .into_iter()
            .map(|(order, lines)| (LinesOf(order), lines))
            .collect())
    }
}

impl Loader<PaymentOf> for Rows {
    type Value = PaymentRow;
    type Error = QueryError;

    async fn load(&self, keys: &[PaymentOf]) -> Result<HashMap<PaymentOf, PaymentRow>, QueryError> {
        let orders: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let payments = self.payments.payments(&orders).await?;
        Ok(payments
            .into_iter()
            .map(|(order, payment)| (PaymentOf(order), payment))
            .collect())
    }
}

impl Loader<DeliveryOf> for Rows {
    type Value = Delivery;
    type Error = QueryError;

    async fn load(&self, keys: &[DeliveryOf]) -> Result<HashMap<DeliveryOf, Delivery>, QueryError> {
        let mut found = HashMap::new();
        for reading in [Reading::Open, Reading::Closed] {
            let asked = keys.iter().filter(|key| key.reading == reading);
            let orders: Vec<OrderId> = asked.map(|key| key.order).collect();
            if orders.is_empty() {
                continue;
            }
            let deliveries = self.personal.deliveries(&orders, reading).await?;
            found.extend(
                deliveries
                    .into_iter()
                    .map(|(order, delivery)| (DeliveryOf { order, reading }, delivery)),
            );
        }
        Ok(found)
    }
}

impl Loader<PersonalKeyId> for Rows {
    type Value = KeyState;
    type Error = QueryError;

    async fn load(
        &self,
        keys: &[PersonalKeyId],
    ) -> Result<HashMap<PersonalKeyId, KeyState>, QueryError> {
        Ok(self.personal.key_states(keys).await?)
    }
}

/// What names a row, with the read model that has it.
pub(super) trait RowKey: Copy + Eq + Hash + Send + Sync + 'static {
    /// The read model.
    const MODEL: Model;
}

impl RowKey for ShopId {
    const MODEL: Model = Model::Catalog;
}

impl RowKey for ProductId {
    const MODEL: Model = Model::Catalog;
}

impl RowKey for OrderId {
    const MODEL: Model = Model::Orders;
}

impl RowKey for LinesOf {
    const MODEL: Model = Model::Orders;
}

impl RowKey for DeliveryOf {
    const MODEL: Model = Model::Orders;
}

impl RowKey for PersonalKeyId {
    const MODEL: Model = Model::Orders;
}

impl RowKey for PaymentOf {
    const MODEL: Model = Model::Payments;
}

/// Loads one row.
///
/// # Errors
/// When the read model cannot be asked.
pub(super) async fn load<K>(
    ctx: &Context<'_>,
    key: K,
) -> Result<Option<<Rows as Loader<K>>::Value>, Error>
where
    K: RowKey,
    Rows: Loader<K, Error = QueryError>,
{
    match K::MODEL {
        Model::Catalog => ctx.catalog().map(drop)?,
        Model::Orders | Model::Payments => ctx.services().map(drop)?,
    }
    let found = ctx.data::<Loaders>()?.0.load_one(key).await;
    found.map_err(|error| ctx.error(error.into()))
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Unavailable(away) => away.into(),
            QueryError::Corrupt { .. } => Self::Internal {
                reason: error.to_string(),
            },
        }
    }
}

/// A read model that can be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    /// Shops, products, stock.
    Catalog,
    /// Orders.
    Orders,
    /// Payments.
    Payments,
}

/// Waits until read models show what was written at a position: bounded.
///
/// # Errors
/// `NOT_YET_VISIBLE` when they did not get there in time.
pub(super) async fn wait_for(
    ctx: &Context<'_>,
    models: &[Model],
    position: Option<LogPosition>,
) -> Result<(), Error> {
    let Some(position) = position else {
        return Ok(());
    };
    // A position is one client's own: nobody else will ask for the same.
    let services = ctx.services()?;
    let until = Instant::now() + VISIBLE_WITHIN;
    for model in models {
        if timeout_at(until, model.progress(&services.progress).reach(position))
            .await
            .is_ok()
        {
            continue;
        }
        // The loop of this replica may be stopped where another's goes on.
        let reached = model.reached(services, position).await;
        if !reached.map_err(|error| ctx.error(error.into()))? {
            return Err(ctx.error(ApiError::NotYetVisible));
        }
    }
    Ok(())
}

impl Model {
    fn progress(self, progress: &ReadProgress) -> &Progress {
        match self {
            Self::Catalog => &progress.catalog,
            Self::Orders => &progress.orders,
            Self::Payments => &progress.payments,
        }
    }

    async fn reached(self, services: &Services, position: LogPosition) -> Result<bool, QueryError> {
        match self {
            Self::Catalog => services.catalog.reached(position).await,
            Self::Orders => services.orders.reached(position).await,
            Self::Payments => services.payments.reached(position).await,
        }
    }
}
