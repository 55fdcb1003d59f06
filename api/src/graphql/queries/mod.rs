//! What can be asked: answered from the read models, each thing to those who may see it.

mod history;
mod proofs;

use async_graphql::{Context, ID, MergedObject, Object, Result, connection::Connection};
use gage_domain::ids::{OrderId, ProductId, ShopId};
use gage_projections::catalog::{ProductFilter, StockLevel, Visibility};

use crate::{
    graphql::{
        context::Asked as _,
        lookup::{Model, load, wait_for},
        node_id::GlobalId as _,
        pages::{PageArguments, connection, weight},
        scalars::Cursor,
        types::{
            CausedEvent, Chain, HistoryFilter, HistoryOrder, HistoryPage, Me, MomentInput, Node,
            Order, PastState, Product, Shop, StateChange, may_see_order, may_see_product,
        },
    },
    identity::viewer::Viewer,
};

pub(super) use self::history::asked as asked_history;
pub use proofs::ProofQuery;

/// What can be asked. Where a query takes `atLeast`, it waits (at most two seconds) until what
/// was written at that position is visible.
#[derive(Default, MergedObject)]
pub struct Query(ShopQuery, ProofQuery);

/// Questions about shops, products and orders.
#[derive(Default)]
pub struct ShopQuery;

/// Questions about shops, products and orders.
#[Object]
impl ShopQuery {
    /// Whatever has this global id, if the wallet that asks may see it.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        Node::find(ctx, &id).await
    }

    /// The wallet that asks; null when nobody is signed in.
    async fn me(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Waits until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<Option<Me>> {
        wait_for(
            ctx,
            &[Model::Catalog, Model::Orders],
            at_least.map(|cursor| cursor.0),
        )
        .await?;
        match &ctx.request()?.viewer {
            Viewer::Anonymous => Ok(None),
            // An error, not null: a page must not show "sign in" to someone who is.
            Viewer::SignedIn(_) | Viewer::Unknown => Ok(Some(Me(ctx.wallet()?.clone()))),
        }
    }

    /// The chains on which payments are taken; the first is the one that sign-ins are for.
    #[expect(clippy::unused_async, reason = "a resolver that waits for nothing")]
    async fn chains(&self, ctx: &Context<'_>) -> Result<Vec<Chain>> {
        let chains = ctx.services()?.rail.chains();
        Ok(chains.iter().cloned().map(Chain).collect())
    }

    /// One shop.
    async fn shop(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "Waits until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<Option<Shop>> {
        wait_for(ctx, &[Model::Catalog], at_least.map(|cursor| cursor.0)).await?;
        let Some(id) = ShopId::from_global(&id) else {
            return Ok(None);
        };
        Ok(load(ctx, id).await?.map(Shop))
    }

    /// All shops, newest first.
    #[graphql(complexity = "weight(first, last) * child_complexity")]
    async fn shops(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Shop>> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let found = ctx.catalog()?.shops(None, &page).await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Shop,
        ))
    }

    /// One product; those not for sale for their owner only.
    async fn product(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "Waits until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<Option<Product>> {
        wait_for(ctx, &[Model::Catalog], at_least.map(|cursor| cursor.0)).await?;
        let Some(id) = ProductId::from_global(&id) else {
            return Ok(None);
        };
        let asking = ctx.asking()?;
        let product = load(ctx, id)
            .await?
            .filter(|product| may_see_product(product, asking));
        Ok(product.map(Product))
    }

    /// Products for sale, newest first.
    #[graphql(complexity = "weight(first, last) * child_complexity")]
    #[expect(
        clippy::too_many_arguments,
        reason = "Relay's four, two filters, position, context"
    )]
    async fn products(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words that the name must have, in either language.")] search: Option<
            String,
        >,
        #[graphql(desc = "Only of this shop.")] shop: Option<ID>,
        #[graphql(desc = "Waits until this position is visible.")] at_least: Option<Cursor>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Product>> {
        wait_for(ctx, &[Model::Catalog], at_least.map(|cursor| cursor.0)).await?;
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let shop = match shop.as_ref().map(ShopId::from_global) {
            // No such shop, no products.
            Some(None) => return Ok(Connection::new(false, false)),
            Some(known) => known,
            None => None,
        };
        let filter = ProductFilter {
            search,
            shop,
            level: StockLevel::Any,
            visibility: Visibility::Published,
        };
        let found = ctx.catalog()?.products(&filter, &page).await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Product,
        ))
    }

    /// The history, event by event: everything for auditors and operators; for others what is
    /// theirs.
    #[graphql(complexity = "history::weight(first) * child_complexity + 1_000")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        filter: Option<HistoryFilter>,
        #[graphql(desc = "Oldest first when nothing is said.")] order: Option<HistoryOrder>,
        #[graphql(desc = "At most 100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Goes on there: `lookedTo` of the page before, or any cursor.")]
        from: Option<Cursor>,
    ) -> Result<HistoryPage> {
        history::page(ctx, filter, order, first, from).await
    }

    /// Why something happened and what followed from it: all events of the tree, in the order of
    /// the history.
    #[graphql(complexity = "1000 + 20 * child_complexity")]
    async fn causes(&self, ctx: &Context<'_>, of: Cursor) -> Result<Vec<CausedEvent>> {
        history::causes(ctx, of).await
    }

    /// How something stood at a moment, now when none is given; null for what never was.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn as_of(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of what: an id, or `Type:id`.")] stream: String,
        at: Option<MomentInput>,
    ) -> Result<Option<PastState>> {
        history::as_of(ctx, &stream, at).await
    }

    /// What is other at one moment than at another, now when none is given.
    #[graphql(complexity = "2000 + 20 * child_complexity")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of what: an id, or `Type:id`.")] stream: String,
        from: MomentInput,
        to: Option<MomentInput>,
    ) -> Result<Vec<StateChange>> {
        history::changes(ctx, &stream, from, to).await
    }

    /// One order, for its buyer, its shop's owner, auditors and operators, and, from a dispute on,
    /// for its arbiter.
    async fn order(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "Waits until this position is visible.")] at_least: Option<Cursor>,
    ) -> Result<Option<Order>> {
        let viewer = ctx.signed_in()?;
        wait_for(
            ctx,
            &[Model::Orders, Model::Payments],
            at_least.map(|cursor| cursor.0),
        )
        .await?;
        let Some(id) = OrderId::from_global(&id) else {
            return Ok(None);
        };
        let order = load(ctx, id)
            .await?
            .filter(|order| may_see_order(order, viewer));
        Ok(order.map(Order))
    }
}
