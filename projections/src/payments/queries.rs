//! Questions about payments.

use std::collections::{HashMap, hash_map::Entry};

use gage_application::position::LogPosition;
use gage_domain::ids::OrderId;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    Payments,
    rows::{self, ATTEMPT_COLUMNS, PAYMENT_COLUMNS, PaymentRow},
};
use crate::{failure::QueryError, progress, projection::Projection};

const SCHEMA: &str = Payments::SCHEMA;

/// Questions about payments. Who may ask about which one, the caller decides by its order.
#[derive(Debug, Clone)]
pub struct PaymentQueries {
    pool: PgPool,
}

impl PaymentQueries {
    /// Asks through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Whether the payments hold everything up to a position.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn reached(&self, position: LogPosition) -> Result<bool, QueryError> {
        progress::reached::<Payments>(&self.pool, position).await
    }

    /// The payment of an order.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn payment(&self, order: OrderId) -> Result<Option<PaymentRow>, QueryError> {
        Ok(self.payments(&[order]).await?.remove(&order))
    }

    /// The payments of orders.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn payments(
        &self,
        orders: &[OrderId],
    ) -> Result<HashMap<OrderId, PaymentRow>, QueryError> {
        let ids: Vec<Uuid> = orders.iter().map(|order| order.0).collect();
        let sql = format!(
            "SELECT {PAYMENT_COLUMNS}, {ATTEMPT_COLUMNS} \
             FROM {SCHEMA}.payments p LEFT JOIN {SCHEMA}.attempts a ON a.order_id = p.order_id \
             WHERE p.order_id = ANY($1) ORDER BY p.order_id, a.xact_id, a.position"
        );
        let found = sqlx::query(&sql).bind(&ids).fetch_all(&self.pool).await?;
        let mut payments: HashMap<OrderId, PaymentRow> = HashMap::with_capacity(ids.len());
        for row in &found {
            // A payment with several attempts comes several times.
            let payment = match payments.entry(rows::order_of(row)?) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(rows::payment(row)?),
            };
            payment.attempts.extend(rows::attempt(row)?);
        }
        Ok(payments)
    }
}
