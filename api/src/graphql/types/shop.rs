//! Shops.

use std::ops::RangeInclusive;

use async_graphql::{Context, ID, Object, Result, connection::Connection};
use gage_application::gateway::What;
use gage_projections::{
    catalog::{ProductFilter, ShopRow, StockLevel},
    orders::PlacedWithin,
    sales::{MOST_DAYS, SalesError, SalesRequest},
};

use crate::graphql::{
    context::Asked as _,
    errors::{ApiError, BadArgument},
    node_id::GlobalId as _,
    pages::{PageArguments, connection, weight},
    scalars::{Address, Date, DateTime},
    types::{
        Ledger, LocalizedText, Order, OrderCount, OrderStatus, Product, Sales, order_search,
        product::visibility,
    },
};

/// Wallets of a shop whose ledgers are shown: each may cost questions to a node.
const MOST_LEDGERS: u32 = 20;
/// Best sellers that are shown.
const BEST_SELLERS: usize = 10;

/// Years of days that anything can have been sold on.
const YEARS: RangeInclusive<i32> = 2000..=9998;

/// A shop of one owner.
pub struct Shop(pub ShopRow);

/// A shop of one owner.
#[Object]
impl Shop {
    /// Its global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_global()
    }

    /// Its name.
    async fn name(&self) -> LocalizedText {
        (&self.0.name).into()
    }

    /// The wallet that owns it.
    async fn owner(&self) -> Address {
        Address(self.0.owner)
    }

    /// The wallet that money of new orders goes to.
    async fn payout_address(&self) -> Address {
        Address(self.0.payout)
    }

    /// When it opened.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// Its products, newest first: those for sale, and for its owner all.
    #[graphql(complexity = "weight(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "Relay's four, two filters, context"
    )]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words that the name must have, in either language.")] search: Option<
            String,
        >,
        #[graphql(
            desc = "Only those whose stock counts as low. For its owner, auditors and operators.",
            default
        )]
        low_stock: bool,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Product>> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let level = if low_stock {
            self.is_for_owner(ctx)?;
            StockLevel::Low
        } else {
            StockLevel::Any
        };
        let visibility = visibility(ctx.standing()?);
        let filter = ProductFilter {
            search,
            shop: Some(self.0.id),
            level,
            visibility,
        };
        let found = ctx.catalog()?.products(&filter, &page).await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Product,
        ))
    }

    /// What the escrow holds for the wallets that its money goes or went to, and what they may
    /// take out: the last 20 of them, and the one that it goes to now comes first. For its owner,
    /// auditors and operators only.
    #[graphql(complexity = "MOST_LEDGERS as usize * child_complexity")]
    async fn ledgers(&self, ctx: &Context<'_>) -> Result<Vec<Ledger>> {
        self.is_for_owner(ctx)?;
        let wallets = ctx
            .services()?
            .ledger
            .wallets_of_shop(self.0.id, MOST_LEDGERS)
            .await;
        let wallets = wallets.map_err(|error| ctx.error(error.into()))?;
        Ok(wallets.into_iter().map(Ledger).collect())
    }

    /// Its orders, newest first. For its owner, auditors and operators only.
    #[graphql(complexity = "weight(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "Relay's four, two filters, context"
    )]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only orders in one of these states; all when empty.", default)]
        status: Vec<OrderStatus>,
        #[graphql(
            desc = "An order's number or id, its buyer's wallet, or words in the name of a product that was ordered."
        )]
        search: Option<String>,
        #[graphql(desc = "Only orders that were placed then or later.")] placed_from: Option<
            DateTime,
        >,
        #[graphql(desc = "Only orders that were placed earlier.")] placed_before: Option<DateTime>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Order>> {
        self.is_for_owner(ctx)?;
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let phases: Vec<_> = status.into_iter().map(Into::into).collect();
        let search = match search {
            Some(text) => order_search::meant(ctx, self.0.id, &text).await?,
            None => None,
        };
        let placed = PlacedWithin {
            from: placed_from.map(|from| from.0),
            before: placed_before.map(|before| before.0),
        };
        let found = ctx
            .services()?
            .orders
            .orders_of_shop(self.0.id, &phases, search.as_ref(), placed, &page)
            .await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Order,
        ))
    }

    /// How many of its orders are in each state, every state once; of a state at most 10,000 are
    /// counted. For its owner, auditors and operators only.
    #[graphql(complexity = "100 + 10 * child_complexity")]
    async fn order_counts(&self, ctx: &Context<'_>) -> Result<Vec<OrderCount>> {
        self.is_for_owner(ctx)?;
        let counts = ctx.services()?.orders.count_by_phase(self.0.id).await;
        let counts = counts.map_err(|error| ctx.error(error.into()))?;
        Ok(counts.into_iter().map(OrderCount::from).collect())
    }

    /// How it sold in some days, the last ones unless told. For its owner, auditors and operators only.
    #[graphql(complexity = "500 + 10 * child_complexity")]
    async fn sales(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days, 1 to 92.", default = 30)] days: i32,
        #[graphql(
            desc = "Where days begin, by its name in the IANA database: Asia/Seoul.",
            default_with = "\"UTC\".to_owned()"
        )]
        time_zone: String,
        #[graphql(desc = "The last of the days; today when it is left out.")] until: Option<Date>,
    ) -> Result<Sales> {
        self.is_for_owner(ctx)?;
        let services = ctx.services()?;
        let given = days;
        let days = u32::try_from(days)
            .ok()
            .filter(|days| (1..=MOST_DAYS).contains(days));
        let Some(days) = days else {
            let most = MOST_DAYS;
            return Err(ctx.error(ApiError::from(BadArgument::Days { most, given })));
        };
        if until.is_some_and(|until| !YEARS.contains(&until.0.year())) {
            return Err(ctx.error(ApiError::from(BadArgument::Until)));
        }
        let request = SalesRequest {
            shop: self.0.id,
            now: services.clock.now(),
            until: until.map(|until| until.0),
            days,
            time_zone,
        };
        match services.sales.sales(&request, BEST_SELLERS).await {
            Ok(sales) => Ok(sales.into()),
            Err(SalesError::TimeZone { .. }) => {
                Err(ctx.error(ApiError::from(BadArgument::TimeZone)))
            }
            Err(SalesError::Query(error)) => Err(ctx.error(error.into())),
        }
    }
}

impl Shop {
    /// Passes for who may see how the shop fares.
    fn is_for_owner(&self, ctx: &Context<'_>) -> Result<()> {
        let viewer = ctx.signed_in()?;
        if viewer.is(self.0.owner) || viewer.oversees() {
            Ok(())
        } else {
            Err(ctx.error(ApiError::Forbidden(What::Shop)))
        }
    }
}
