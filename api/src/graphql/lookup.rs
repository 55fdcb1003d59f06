//! Look-ups that types share: batched by id, and waited for when something was just written.

use std::{collections::HashMap, time::Duration};

use async_graphql::{
    Context, Error,
    dataloader::{DataLoader, Loader},
};
use gage_application::position::LogPosition;
use gage_domain::ids::{OrderId, ProductId, ShopId};
use gage_projections::{
    QueryError,
    catalog::{CatalogQueries, ProductRow, ShopRow},
    orders::{LineRow, OrderQueries, OrderRow},
    payments::{PaymentQueries, PaymentRow},
};
use tokio::{
    select,
    time::{sleep, timeout},
};

use crate::graphql::{
    context::{Asked as _, Services},
    errors::ApiError,
};

/// How long a query waits for what was just written.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);
/// Time between looks while waiting, when no wake-up comes.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Loads rows by id, many at once: a page of orders asks for all its lines in one query.
pub type Loaders = DataLoader<Rows>;

/// The read models, as a loader of rows.
#[derive(Clone)]
pub struct Rows {
    catalog: CatalogQueries,
    orders: OrderQueries,
    payments: PaymentQueries,
}

impl Rows {
    /// Loads through these.
    pub fn loaders(services: &Services) -> Loaders {
        let rows = Self {
            catalog: services.catalog.clone(),
            orders: services.orders.clone(),
            payments: services.payments.clone(),
        };
        DataLoader::new(rows, tokio::spawn)
    }
}

/// The lines of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LinesOf(pub OrderId);

/// The payment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentOf(pub OrderId);

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

/// Loads one row.
///
/// # Errors
/// When the read model cannot be asked.
pub async fn load<K>(ctx: &Context<'_>, key: K) -> Result<Option<<Rows as Loader<K>>::Value>, Error>
where
    K: Copy + Eq + std::hash::Hash + Send + Sync + 'static,
    Rows: Loader<K, Error = QueryError>,
{
    let found = ctx.data::<Loaders>()?.load_one(key).await;
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
pub enum Model {
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
pub async fn wait_for(
    ctx: &Context<'_>,
    models: &[Model],
    position: Option<LogPosition>,
) -> Result<(), Error> {
    let Some(position) = position else {
        return Ok(());
    };
    let services = ctx.services()?;
    let waiting = async {
        let mut notices = services.wake.subscribe();
        for model in models {
            while !reached(services, *model, position).await? {
                select! {
                    _ = notices.recv() => {}
                    () = sleep(LOOK_EVERY) => {}
                }
            }
        }
        Ok::<_, ApiError>(())
    };
    let waited = timeout(VISIBLE_WITHIN, waiting).await;
    waited
        .unwrap_or(Err(ApiError::NotYetVisible))
        .map_err(|error| ctx.error(error))
}

async fn reached(
    services: &Services,
    model: Model,
    position: LogPosition,
) -> Result<bool, ApiError> {
    let reached = match model {
        Model::Catalog => services.catalog.reached(position).await,
        Model::Orders => services.orders.reached(position).await,
        Model::Payments => services.payments.reached(position).await,
    };
    Ok(reached?)
}
