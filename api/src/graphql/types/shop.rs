//! Shops.

use async_graphql::{Context, ID, Object, Result, connection::Connection};
use gage_application::gateway::What;
use gage_projections::catalog::{ProductFilter, ShopRow};

use crate::graphql::{
    context::Asked as _,
    errors::ApiError,
    node_id::GlobalId as _,
    pages::{PageArguments, connection, weight},
    scalars::{Address, DateTime},
    types::{Ledger, LocalizedText, Order, OrderStatus, Product, product::visibility},
};

/// Wallets of a shop whose ledgers are shown: each may cost questions to a node.
const MOST_LEDGERS: u32 = 20;

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
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words that the name must have, in either language.")] search: Option<
            String,
        >,
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
        let visibility = visibility(ctx.standing()?);
        let filter = ProductFilter {
            search,
            shop: Some(self.0.id),
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
        let viewer = ctx.signed_in()?;
        if !viewer.is(self.0.owner) && !viewer.oversees() {
            return Err(ctx.error(ApiError::Forbidden(What::Shop)));
        }
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
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only orders in one of these states; all when empty.", default)]
        status: Vec<OrderStatus>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Order>> {
        let viewer = ctx.signed_in()?;
        if !viewer.is(self.0.owner) && !viewer.oversees() {
            return Err(ctx.error(ApiError::Forbidden(What::Shop)));
        }
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let phases: Vec<_> = status.into_iter().map(Into::into).collect();
        let found = ctx
            .services()?
            .orders
            .orders_of_shop(self.0.id, &phases, &page)
            .await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Order,
        ))
    }
}
