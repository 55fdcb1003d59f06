//! How a shop sells: what orders and payments answer together.
//!
//! No read model of its own, which every order would pay for with rows: a look walks the shop's
//! newest orders, as many as [`MOST_ORDERS`], and says from when on that is all.

use std::cmp::Reverse;

use gage_domain::{
    ids::{ProductId, ShopId},
    value::{Asset, BaseUnits},
};
use sqlx::{PgPool, postgres::PgRow};
use thiserror::Error;
use time::{Date, OffsetDateTime};

use crate::{
    columns::Columns, failure::QueryError, orders::Orders, payments::Payments,
    projection::Projection,
};

/// The most orders that one look walks.
pub const MOST_ORDERS: u32 = 10_000;

/// The most days of one look.
pub const MOST_DAYS: u32 = 92;

/// Orders that count: paid for, and not given up since.
const SOLD: &str = "('paid', 'approved', 'shipped', 'delivered', 'completed')";

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesRequest {
    /// The shop.
    pub shop: ShopId,
    /// Now.
    pub now: OffsetDateTime,
    /// The last day, if it is not the one of this moment.
    pub until: Option<Date>,
    /// How many days, 1 to [`MOST_DAYS`].
    pub days: u32,
    /// Where days begin, by its name in the IANA database, for example `Asia/Seoul`.
    pub time_zone: String,
}

/// How a shop sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sales {
    /// All orders since then are in: the first day's beginning, or later when the shop had more
    /// orders than a look walks.
    pub since: OffsetDateTime,
    /// The oldest day first; days and tokens without a sale are left out.
    pub revenue: Vec<Revenue>,
    /// What sold most pieces, the best first.
    pub best_sellers: Vec<BestSeller>,
}

/// What a day's orders brought in one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revenue {
    /// The day on which the orders were placed.
    pub day: Date,
    /// The token.
    pub asset: Asset,
    /// What was paid for them and did not go back.
    pub amount: BaseUnits,
    /// How many they are.
    pub orders: u32,
}

/// A product that sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestSeller {
    /// The product.
    pub product: ProductId,
    /// Pieces that were sold.
    pub pieces: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SalesError {
    /// There is no such time zone.
    #[error("{name:?} is no time zone: give a name as in the IANA database, like Asia/Seoul")]
    TimeZone {
        /// What was given.
        name: String,
    },
    /// The read models cannot be asked.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Questions about sales. Who may ask, the caller decides.
#[derive(Debug, Clone)]
pub struct SalesQueries {
    pool: PgPool,
}

impl SalesQueries {
    /// Asks through this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// How a shop sold in the days until the last one, with its `best` best sellers.
    ///
    /// # Errors
    /// [`SalesError`].
    pub async fn sales(&self, request: &SalesRequest, best: usize) -> Result<Sales, SalesError> {
        let span = self.span(request).await?;
        Ok(Sales {
            since: span.since,
            revenue: self.revenue(request, span).await?,
            best_sellers: self.best_sellers(request.shop, span, best).await?,
        })
    }

    async fn span(&self, request: &SalesRequest) -> Result<Span, SalesError> {
        let unknown = || SalesError::TimeZone {
            name: request.time_zone.clone(),
        };
        if !is_zone_name(&request.time_zone) {
            return Err(unknown());
        }
        let sql = format!(
            "SELECT (days.last - ($4 - 1) * interval '1 day') AT TIME ZONE $3 AS first_day, \
             (days.last + interval '1 day') AT TIME ZONE $3 AS day_after, \
             count(o.placed_at) AS orders, min(o.placed_at) AS oldest \
             FROM (SELECT COALESCE($5::date::timestamp, date_trunc('day', $2 AT TIME ZONE $3)) \
             AS last) days LEFT JOIN LATERAL {} o ON true GROUP BY days.last",
            newest("(days.last + interval '1 day') AT TIME ZONE $3")
        );
        let found = sqlx::query(&sql)
            .bind(request.shop.0)
            .bind(request.now)
            .bind(&request.time_zone)
            .bind(i64::from(request.days))
            .bind(request.until)
            .fetch_one(&self.pool)
            .await;
        let row = match found {
            Ok(row) => row,
            // invalid_parameter_value: PostgreSQL does not know the zone.
            Err(sqlx::Error::Database(refusal)) if refusal.code().as_deref() == Some("22023") => {
                return Err(unknown());
            }
            Err(error) => return Err(QueryError::from(error).into()),
        };
        let columns = Columns::of(&row, "orders.orders", "first_day");
        let first_day: OffsetDateTime = columns.get("first_day")?;
        let oldest: Option<OffsetDateTime> = columns.get("oldest")?;
        let orders: i64 = columns.get("orders")?;
        let since = match oldest {
            Some(oldest) if orders >= i64::from(MOST_ORDERS) => first_day.max(oldest),
            _ => first_day,
        };
        let end = columns.get("day_after")?;
        Ok(Span { since, end })
    }

    async fn revenue(
        &self,
        request: &SalesRequest,
        span: Span,
    ) -> Result<Vec<Revenue>, QueryError> {
        // Joined order by order: PostgreSQL would rather read all payments there are.
        let sql = format!(
            "SELECT (o.placed_at AT TIME ZONE $4)::date AS day, p.chain_id::text AS chain_id, \
             p.token, sum(p.funded - p.refunded)::text AS amount, count(*) AS orders \
             FROM {} o, LATERAL (SELECT p.chain_id, p.token, p.funded, p.refunded \
             FROM {}.payments p WHERE p.order_id = o.id AND p.funding = 'confirmed' LIMIT 1) p \
             WHERE o.placed_at >= $2 AND o.placed_at < $3 AND o.phase IN {SOLD} GROUP BY 1, 2, 3",
            newest("$3"),
            Payments::SCHEMA
        );
        let found = sqlx::query(&sql)
            .bind(request.shop.0)
            .bind(span.since)
            .bind(span.end)
            .bind(&request.time_zone)
            .fetch_all(&self.pool)
            .await?;
        let mut revenue = found.iter().map(revenue).collect::<Result<Vec<_>, _>>()?;
        revenue.sort_unstable_by_key(|row| (row.day, row.asset.chain_id, row.asset.token));
        Ok(revenue)
    }

    async fn best_sellers(
        &self,
        shop: ShopId,
        span: Span,
        best: usize,
    ) -> Result<Vec<BestSeller>, QueryError> {
        let sql = format!(
            "SELECT l.product, sum(l.quantity)::bigint AS pieces \
             FROM {} o, LATERAL (SELECT l.product, l.quantity FROM {}.order_lines l \
             WHERE l.order_id = o.id OFFSET 0) l \
             WHERE o.placed_at >= $2 AND o.placed_at < $3 AND o.phase IN {SOLD} GROUP BY 1",
            newest("$3"),
            Orders::SCHEMA
        );
        let found = sqlx::query(&sql)
            .bind(shop.0)
            .bind(span.since)
            .bind(span.end)
            .fetch_all(&self.pool)
            .await?;
        let mut sellers = found
            .iter()
            .map(best_seller)
            .collect::<Result<Vec<_>, _>>()?;
        sellers.sort_unstable_by_key(|seller| (Reverse(seller.pieces), seller.product));
        sellers.truncate(best);
        Ok(sellers)
    }
}

/// The days that are looked at.
#[derive(Debug, Clone, Copy)]
struct Span {
    since: OffsetDateTime,
    /// The first moment after them.
    end: OffsetDateTime,
}

/// The newest orders of shop `$1` that were placed before a moment: from an index, whatever the
/// shop's age.
fn newest(before: &str) -> String {
    format!(
        "(SELECT o.id, o.phase, o.placed_at FROM {}.orders o \
         WHERE o.shop = $1 AND o.placed_at < {before} ORDER BY o.placed_xact_id DESC, o.placed_position DESC LIMIT {MOST_ORDERS})",
        Orders::SCHEMA
    )
}

/// Whether a text may be a zone's name. PostgreSQL also takes abbreviations and rules of daylight
/// saving, which mean something else than people think (`UTC+9` lies in the west).
fn is_zone_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphabetic() || b"_-/".contains(&byte);
    name == "UTC"
        || ((3..=64).contains(&name.len()) && name.contains('/') && name.bytes().all(is_part))
}

fn revenue(row: &PgRow) -> Result<Revenue, QueryError> {
    let columns = Columns::of(row, "payments.payments", "day");
    let orders: i64 = columns.get("orders")?;
    Ok(Revenue {
        day: columns.get("day")?,
        asset: Asset {
            chain_id: columns.parse("chain_id")?,
            token: columns.address("token")?,
        },
        amount: columns.parse("amount")?,
        orders: u32::try_from(orders)
            .map_err(|error| columns.corrupt("orders", error.to_string()))?,
    })
}

fn best_seller(row: &PgRow) -> Result<BestSeller, QueryError> {
    let columns = Columns::of(row, "orders.order_lines", "product");
    let pieces: i64 = columns.get("pieces")?;
    Ok(BestSeller {
        product: ProductId(columns.get("product")?),
        pieces: u64::try_from(pieces)
            .map_err(|error| columns.corrupt("pieces", error.to_string()))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_as_in_the_iana_database() {
        for name in ["UTC", "Asia/Seoul", "America/Argentina/Buenos_Aires"] {
            assert!(is_zone_name(name), "{name}");
        }
        for name in [
            "",
            "KST",
            "UTC+9",
            "Asia/Seoul'",
            "a/\0",
            "GMT0BST,M3.5.0/1",
            "../x y",
        ] {
            assert!(!is_zone_name(name), "{name}");
        }
    }
}
