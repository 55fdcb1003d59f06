//! Questions about payments.

use std::collections::{HashMap, hash_map::Entry};

use async_trait::async_trait;
use gage_application::{
    ports::{
        StoreUnavailable,
        attempts::{AttemptPlace, PendingAttempt, PendingAttempts},
        due_releases::{DueRelease, DueReleases},
    },
    position::LogPosition,
};
use gage_domain::{ids::OrderId, value::Address};
use sqlx::{PgPool, Postgres, QueryBuilder, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Payments,
    rows::{self, ATTEMPT_COLUMNS, DISPUTE_COLUMNS, DisputeRow, PAYMENT_COLUMNS, PaymentRow},
};
use crate::{
    columns::Columns,
    failure::{QueryError, unavailable},
    page::{Listing, Page, PageRequest},
    progress,
    projection::Projection,
};

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

    /// The escrows, with their chains (EIP-155), that payments which are not settled name, and how
    /// many do. Reads the whole table: for the start of a server.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn escrows_in_use(&self) -> Result<Vec<(u64, Address, i64)>, QueryError> {
        let sql = format!(
            "SELECT min(p.order_id::text) AS order_id, p.chain_id::text AS chain_id, p.escrow, \
             count(*) AS payments FROM {SCHEMA}.payments p \
             WHERE p.funding = 'detected' OR p.funding = 'none' AND p.standing = 'awaited' \
             OR p.funding = 'confirmed' AND p.released + p.refunded < p.funded \
             GROUP BY p.chain_id, p.escrow"
        );
        let found = sqlx::query(&sql).fetch_all(&self.pool).await?;
        let read = found.iter().map(|row| {
            let columns = Columns::of(row, "payments.payments", "order_id");
            Ok((
                columns.parse("chain_id")?,
                columns.address("escrow")?,
                columns.get("payments")?,
            ))
        });
        read.collect()
    }

    /// The disputes that an arbiter is to decide, the newest first: something is still held.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn disputes_of_arbiter(
        &self,
        arbiter: Address,
        page: &PageRequest,
    ) -> Result<Page<DisputeRow>, QueryError> {
        let filter = |query: &mut QueryBuilder<'static, Postgres>| {
            query.push("p.arbiter = ").push_bind(arbiter.to_vec());
            query.push(" AND p.disputed_by IS NOT NULL AND p.released + p.refunded < p.funded");
        };
        let listing = Listing {
            select: format!("SELECT {DISPUTE_COLUMNS} FROM {SCHEMA}.payments p"),
            key: ("p.disputed_xact_id", "p.disputed_position"),
            read: rows::disputed,
        };
        listing.page(&self.pool, filter, page).await
    }
}

#[async_trait]
impl DueReleases for PaymentQueries {
    async fn due(
        &self,
        chain_id: u64,
        until: OffsetDateTime,
        after: Option<(OffsetDateTime, OrderId)>,
        limit: u32,
    ) -> Result<Vec<DueRelease>, StoreUnavailable> {
        let (moment, order) = after.unwrap_or((OffsetDateTime::UNIX_EPOCH, OrderId(Uuid::nil())));
        let sql = format!(
            "SELECT {PAYMENT_COLUMNS}, p.hold_ends FROM {SCHEMA}.payments p \
             WHERE p.funding = 'confirmed' AND p.shipped AND p.disputed_by IS NULL \
             AND p.released + p.refunded < p.funded AND p.chain_id = $1::numeric \
             AND p.hold_ends <= $2 AND (p.hold_ends, p.order_id) > ($3, $4) \
             ORDER BY p.hold_ends, p.order_id LIMIT $5"
        );
        let found = sqlx::query(&sql)
            .bind(chain_id.to_string())
            .bind(until)
            .bind(moment)
            .bind(order.0)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        let read = found.iter().map(rows::due_release);
        let due: Result<Vec<_>, QueryError> = read.collect();
        due.map_err(|error| StoreUnavailable {
            store: "PostgreSQL",
            reason: error.to_string(),
        })
    }
}

/// Transactions of one order that are watched, the newest: a wallet that speeds up or cancels is
/// done with the ones before, and reports cost nothing.
const WATCHED: u32 = 3;

#[async_trait]
impl PendingAttempts for PaymentQueries {
    async fn pending(
        &self,
        after: AttemptPlace,
        limit: u32,
    ) -> Result<Vec<PendingAttempt>, StoreUnavailable> {
        let sql = format!(
            "SELECT a.order_id, {ATTEMPT_COLUMNS}, p.chain_id::text AS chain_id \
             FROM {SCHEMA}.attempts a JOIN {SCHEMA}.payments p ON p.order_id = a.order_id \
             WHERE a.watched AND (a.reported_at, a.order_id, a.tx_hash) > ($1, $2, $3) \
             AND (SELECT count(*) FROM {SCHEMA}.attempts n WHERE n.order_id = a.order_id \
             AND n.watched AND (n.xact_id, n.position) > (a.xact_id, a.position)) < {WATCHED} \
             ORDER BY a.reported_at, a.order_id, a.tx_hash LIMIT $4"
        );
        let found = sqlx::query(&sql)
            .bind(after.reported_at)
            .bind(after.order.0)
            .bind(after.tx_hash.as_slice())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await
            .map_err(|error| unavailable(&error))?;
        let read: Result<Vec<Option<PendingAttempt>>, QueryError> =
            found.iter().map(pending_attempt).collect();
        match read {
            Ok(attempts) => Ok(attempts.into_iter().flatten().collect()),
            Err(QueryError::Unavailable(away)) => Err(away),
            Err(corrupt @ QueryError::Corrupt { .. }) => Err(StoreUnavailable {
                store: "postgres",
                reason: corrupt.to_string(),
            }),
        }
    }
}

fn pending_attempt(row: &PgRow) -> Result<Option<PendingAttempt>, QueryError> {
    let columns = Columns::of(row, "payments.attempts", "order_id");
    let (order, chain_id) = (rows::order_of(row)?, columns.parse("chain_id")?);
    Ok(rows::attempt(row)?.map(|attempt| PendingAttempt {
        order,
        tx_hash: attempt.tx_hash,
        nonce: attempt.nonce,
        by: attempt.by,
        reported_at: attempt.reported_at,
        standing: attempt.standing,
        chain_id,
    }))
}
