//! How a shop sells.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use gage_domain::value;
use gage_projections::{
    orders::{OrderCount as CountRow, Tally},
    sales::{BestSeller as SellerRow, Revenue as RevenueRow, Sales as SalesRow},
};

use crate::graphql::{
    context::Asked as _,
    lookup::load,
    node_id::GlobalId as _,
    scalars::{Date, DateTime, Long},
    types::{OrderStatus, Price, Product, may_see_product},
};

/// How many orders are in a state.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct OrderCount {
    /// The state.
    status: OrderStatus,
    /// How many; where `more`, at least so many.
    count: u32,
    /// Whether there are more than were counted.
    more: bool,
}

impl From<CountRow> for OrderCount {
    fn from(row: CountRow) -> Self {
        let (count, more) = match row.tally {
            Tally::Exactly(count) => (count, false),
            Tally::MoreThan(count) => (count, true),
        };
        Self {
            status: row.phase.into(),
            count,
            more,
        }
    }
}

/// How a shop sold. Orders count that were paid and not given up, on the day on which they were
/// placed.
#[derive(SimpleObject)]
pub struct Sales {
    /// All orders since then are in: the beginning of the first day, or later when the shop had
    /// more orders than are looked at, its newest 10,000.
    since: DateTime,
    /// What came in, the oldest day first; days and tokens without a sale are left out.
    revenue: Vec<Revenue>,
    /// What sold most pieces, the best first.
    best_sellers: Vec<BestSeller>,
}

impl From<SalesRow> for Sales {
    fn from(row: SalesRow) -> Self {
        Self {
            since: DateTime(row.since),
            revenue: row.revenue.into_iter().map(Into::into).collect(),
            best_sellers: row.best_sellers.into_iter().map(BestSeller).collect(),
        }
    }
}

/// What a day's orders brought in one token.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct Revenue {
    /// The day on which they were placed, in the time zone that was asked for.
    day: Date,
    /// What was paid for them and did not go back.
    total: Price,
    /// How many they are.
    orders: u32,
}

impl From<RevenueRow> for Revenue {
    fn from(row: RevenueRow) -> Self {
        Self {
            day: Date(row.day),
            total: value::Price::token(row.asset, row.amount).into(),
            orders: row.orders,
        }
    }
}

/// A product that sells.
pub struct BestSeller(SellerRow);

/// A product that sells.
#[Object]
impl BestSeller {
    /// The product as it is now; null when it is not for this viewer to see.
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

    /// Pieces that were sold.
    async fn pieces(&self) -> Long {
        Long(self.0.pieces)
    }
}
