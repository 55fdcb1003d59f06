//! Questions about orders.

use std::collections::HashMap;

use async_trait::async_trait;
use gage_application::{
    ports::{StoreUnavailable, due_payments::DuePayments, open_orders::OpenOrders},
    position::LogPosition,
};
use gage_domain::{
    ids::{OrderId, ProductId, ShopId},
    order::Phase,
    value::Address,
};
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Orders,
    rows::{
        self, LINE_COLUMNS, LineRow, OrderRow, PHASES, TIMELINE_COLUMNS, TimelineRow, phase_name,
    },
};
use crate::{
    failure::{QueryError, unavailable},
    page::{Listing, Page, PageRequest, PageSize},
    progress,
    projection::Projection,
    tables::Tables,
};

pub(super) const SCHEMA: &str = Orders::SCHEMA;

/// When orders were placed; without a bound, whenever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlacedWithin {
    /// Then or later.
    pub from: Option<OffsetDateTime>,
    /// Earlier.
    pub before: Option<OffsetDateTime>,
}

/// Which orders of a shop are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderSearch {
    /// Those whose ids lie between these, both included: of a number, or of its beginning.
    Ids {
        /// The smallest.
        first: OrderId,
        /// The largest.
        last: OrderId,
    },
    /// This buyer's.
    Buyer(Address),
    /// Those with a line of one of these products.
    Products(Vec<ProductId>),
}

/// Orders of a shop in one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderCount {
    /// The phase.
    pub phase: Phase,
    /// How many.
    pub tally: Tally,
}

/// A count that gives up in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// So many.
    Exactly(u32),
    /// More than could be counted.
    MoreThan(u32),
}

/// Orders of a phase are counted up to this number.
const MOST_COUNTED: u32 = 10_000;

/// Questions about orders. Who may ask about which order, the caller decides.
#[derive(Debug, Clone)]
pub struct OrderQueries {
    pool: PgPool,
}

impl OrderQueries {
    /// Asks through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Whether the orders hold everything up to a position.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn reached(&self, position: LogPosition) -> Result<bool, QueryError> {
        progress::reached::<Orders>(&self.pool, position).await
    }

    /// How far the orders have come: everything up to here is in their rows.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn checkpoint(&self) -> Result<LogPosition, QueryError> {
        let checkpoint = progress::checkpoint::<Orders>(&self.pool, Tables::Live).await?;
        Ok(checkpoint.unwrap_or(LogPosition::START))
    }

    /// One order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn order(&self, id: OrderId) -> Result<Option<OrderRow>, QueryError> {
        Ok(self.orders_by_id(&[id]).await?.pop())
    }

    /// Orders by id, in no order; ids that are not known are left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn orders_by_id(&self, ids: &[OrderId]) -> Result<Vec<OrderRow>, QueryError> {
        let sql = format!("{} WHERE o.id = ANY($1)", rows::select_orders(Some(SCHEMA)));
        let found = sqlx::query(&sql)
            .bind(uuids(ids))
            .fetch_all(&self.pool)
            .await?;
        found.iter().map(rows::order).collect()
    }

    /// A buyer's orders in any of the phases (none means all), newest first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn orders_of_buyer(
        &self,
        buyer: Address,
        phases: &[Phase],
        page: &PageRequest,
    ) -> Result<Page<OrderRow>, QueryError> {
        let filter = |query: &mut QueryBuilder<'static, Postgres>| {
            query.push("o.buyer = ").push_bind(buyer.to_vec());
            push_phases(query, phases);
        };
        listing().page(&self.pool, filter, page).await
    }

    /// A shop's orders in any of the phases (none means all) that were placed within a time,
    /// newest first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn orders_of_shop(
        &self,
        shop: ShopId,
        phases: &[Phase],
        search: Option<&OrderSearch>,
        placed: PlacedWithin,
        page: &PageRequest,
    ) -> Result<Page<OrderRow>, QueryError> {
        let filter = |query: &mut QueryBuilder<'static, Postgres>| {
            query.push("o.shop = ").push_bind(shop.0);
            push_phases(query, phases);
            push_search(query, search);
            push_placed(query, placed);
        };
        listing().page(&self.pool, filter, page).await
    }

    /// How many orders a shop has in each phase, every phase once.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn count_by_phase(&self, shop: ShopId) -> Result<Vec<OrderCount>, QueryError> {
        // A phase at a time, so that the index on it is read only as far as is counted.
        let sql = format!(
            "SELECT counted.n FROM unnest($2::text[]) WITH ORDINALITY AS wanted (phase, place), \
             LATERAL (SELECT count(*) AS n FROM (SELECT FROM {SCHEMA}.orders o \
             WHERE o.shop = $1 AND o.phase = wanted.phase LIMIT {MOST_COUNTED} + 1) found) counted \
             ORDER BY wanted.place"
        );
        let names: Vec<&'static str> = PHASES.into_iter().map(phase_name).collect();
        let counts: Vec<i64> = sqlx::query_scalar(&sql)
            .bind(shop.0)
            .bind(names)
            .fetch_all(&self.pool)
            .await?;
        let count = |(phase, count): (Phase, i64)| {
            let tally = match u32::try_from(count) {
                Ok(count) if count <= MOST_COUNTED => Tally::Exactly(count),
                _ => Tally::MoreThan(MOST_COUNTED),
            };
            OrderCount { phase, tally }
        };
        Ok(PHASES.into_iter().zip(counts).map(count).collect())
    }

    /// The lines of orders, each order's in the order of placing.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn lines(
        &self,
        orders: &[OrderId],
    ) -> Result<HashMap<OrderId, Vec<LineRow>>, QueryError> {
        let sql = format!(
            "SELECT {LINE_COLUMNS} FROM {SCHEMA}.order_lines l \
             WHERE l.order_id = ANY($1) ORDER BY l.order_id, l.line"
        );
        let found = sqlx::query(&sql)
            .bind(uuids(orders))
            .fetch_all(&self.pool)
            .await?;
        let mut lines: HashMap<OrderId, Vec<LineRow>> = HashMap::new();
        for row in &found {
            let line = rows::line(row)?;
            lines.entry(line.order).or_default().push(line);
        }
        Ok(lines)
    }

    /// What happened to an order and to its payment after a position, oldest first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn timeline(
        &self,
        order: OrderId,
        after: LogPosition,
        limit: PageSize,
    ) -> Result<Vec<TimelineRow>, QueryError> {
        let sql = format!(
            "SELECT {TIMELINE_COLUMNS} FROM {SCHEMA}.timeline t \
             WHERE t.order_id = $1 AND (t.xact_id, t.position) > ($2, $3) \
             ORDER BY t.xact_id, t.position LIMIT $4"
        );
        let found = sqlx::query(&sql)
            .bind(order.0)
            .bind(after.xact_id)
            .bind(after.position)
            .bind(i64::from(limit.get()))
            .fetch_all(&self.pool)
            .await?;
        found.iter().map(rows::timeline).collect()
    }

    /// An order, if it or its payment changed after a position.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn order_after(
        &self,
        order: OrderId,
        after: LogPosition,
    ) -> Result<Option<OrderRow>, QueryError> {
        let sql = format!(
            "{} WHERE o.id = $1 AND (o.xact_id, o.position) > ($2, $3)",
            rows::select_orders(Some(SCHEMA))
        );
        let found = sqlx::query(&sql)
            .bind(order.0)
            .bind(after.xact_id)
            .bind(after.position)
            .fetch_optional(&self.pool)
            .await?;
        found.as_ref().map(rows::order).transpose()
    }

    /// A shop's orders that changed after a position, each once, in the order of their last
    /// change. Going on after the last row's `position` misses none.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn changed_after(
        &self,
        shop: ShopId,
        after: LogPosition,
        limit: PageSize,
    ) -> Result<Vec<OrderRow>, QueryError> {
        let sql = format!(
            "{} WHERE o.shop = $1 AND (o.xact_id, o.position) > ($2, $3) \
             ORDER BY o.xact_id, o.position LIMIT $4",
            rows::select_orders(Some(SCHEMA))
        );
        let found = sqlx::query(&sql)
            .bind(shop.0)
            .bind(after.xact_id)
            .bind(after.position)
            .bind(i64::from(limit.get()))
            .fetch_all(&self.pool)
            .await?;
        found.iter().map(rows::order).collect()
    }
}

#[async_trait]
impl DuePayments for OrderQueries {
    async fn due(
        &self,
        chain_id: u64,
        until: OffsetDateTime,
        limit: u32,
    ) -> Result<Vec<OrderId>, StoreUnavailable> {
        let sql = format!(
            "SELECT id FROM {SCHEMA}.orders \
             WHERE phase = 'awaiting_payment' AND NOT payment_seen AND chain_id = $1::numeric \
             AND expires_at <= $2 ORDER BY expires_at, id LIMIT $3"
        );
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(chain_id.to_string())
            .bind(until)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(found.into_iter().map(OrderId).collect())
    }
}

#[async_trait]
impl OpenOrders for OrderQueries {
    async fn still_to_deliver(
        &self,
        buyer: Address,
        as_of: LogPosition,
    ) -> Result<Option<Vec<OrderId>>, StoreUnavailable> {
        let checkpoint = progress::checkpoint::<Orders>(&self.pool, Tables::Live).await;
        let checkpoint = checkpoint.map_err(|error| unavailable(&error))?;
        if checkpoint.is_none_or(|checkpoint| checkpoint < as_of) {
            return Ok(None);
        }
        let sql = format!(
            "SELECT id FROM {SCHEMA}.orders WHERE buyer = $1 AND phase = ANY($2) \
             ORDER BY placed_xact_id DESC, placed_position DESC"
        );
        let found: Vec<Uuid> = sqlx::query_scalar(&sql)
            .bind(buyer.to_vec())
            .bind(Phase::STILL_TO_DELIVER.map(phase_name).to_vec())
            .fetch_all(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(Some(found.into_iter().map(OrderId).collect()))
    }
}

fn listing() -> Listing<OrderRow> {
    Listing {
        select: rows::select_orders(Some(SCHEMA)),
        key: ("o.placed_xact_id", "o.placed_position"),
        read: rows::order,
    }
}

fn push_phases(query: &mut QueryBuilder<'static, Postgres>, phases: &[Phase]) {
    match phases {
        [] => {}
        // Equality, so that the index on the phase also gives the order.
        [phase] => {
            query.push(" AND o.phase = ").push_bind(phase_name(*phase));
        }
        phases => {
            let names: Vec<&'static str> = phases.iter().copied().map(phase_name).collect();
            query.push(" AND o.phase = ANY(").push_bind(names).push(")");
        }
    }
}

fn push_placed(query: &mut QueryBuilder<'static, Postgres>, placed: PlacedWithin) {
    if let Some(from) = placed.from {
        query.push(" AND o.placed_at >= ").push_bind(from);
    }
    if let Some(before) = placed.before {
        query.push(" AND o.placed_at < ").push_bind(before);
    }
}

fn push_search(query: &mut QueryBuilder<'static, Postgres>, search: Option<&OrderSearch>) {
    match search {
        None => {}
        Some(OrderSearch::Ids { first, last }) => {
            query.push(" AND o.id BETWEEN ").push_bind(first.0);
            query.push(" AND ").push_bind(last.0);
        }
        Some(OrderSearch::Buyer(buyer)) => {
            query.push(" AND o.buyer = ").push_bind(buyer.to_vec());
        }
        Some(OrderSearch::Products(products)) => {
            let products: Vec<Uuid> = products.iter().map(|product| product.0).collect();
            query
                .push(format!(
                    " AND EXISTS (SELECT FROM {SCHEMA}.order_lines l \
                     WHERE l.order_id = o.id AND l.product = ANY("
                ))
                .push_bind(products)
                .push("))");
        }
    }
}

pub(super) fn uuids(orders: &[OrderId]) -> Vec<Uuid> {
    orders.iter().map(|order| order.0).collect()
}
