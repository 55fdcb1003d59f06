//! The wallet that asks.

use async_graphql::{Context, Enum, Object, Result, connection::Connection};
use gage_projections::{PageRequest, PageSize};

use crate::{
    graphql::{
        context::Asked as _,
        pages::{PageArguments, connection, weight},
        scalars::{Address, DateTime},
        types::{Dispute, Ledger, Order, OrderStatus, Shop},
    },
    identity::{roles::Role, viewer::SignedIn},
};

/// What a wallet is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ViewerRole {
    /// Everyone who is signed in.
    Customer,
    /// Owns at least one shop.
    Owner,
    /// May see every order and payment.
    Auditor,
    /// Runs the server.
    Operator,
}

/// The wallet that asks.
pub struct Me(pub SignedIn);

/// The wallet that asks.
#[Object]
impl Me {
    /// Its address.
    async fn address(&self) -> Address {
        Address(self.0.address)
    }

    /// When its session ends.
    async fn session_expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// What it is here.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<ViewerRole>> {
        let one = PageSize::try_from(1).map(PageRequest::first);
        let owner = match one {
            Ok(one) => {
                let shops = ctx.catalog()?.shops(Some(self.0.address), &one).await;
                !shops
                    .map_err(|error| ctx.error(error.into()))?
                    .rows
                    .is_empty()
            }
            Err(_) => false,
        };
        let mut roles = vec![ViewerRole::Customer];
        roles.extend(owner.then_some(ViewerRole::Owner));
        roles.extend(self.0.roles.iter().map(|role| match role {
            Role::Auditor => ViewerRole::Auditor,
            Role::Operator => ViewerRole::Operator,
        }));
        Ok(roles)
    }

    /// What the escrow holds for it, and what it may take out.
    async fn ledger(&self) -> Ledger {
        Ledger(self.0.address)
    }

    /// Its shops, newest first.
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
        let found = ctx.catalog()?.shops(Some(self.0.address), &page).await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Shop,
        ))
    }

    /// Its orders, newest first.
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
            .orders_of_buyer(self.0.address, &phases, &page)
            .await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Order,
        ))
    }

    /// The disputes that it is to decide as their arbiter, newest first: something is still held.
    #[graphql(complexity = "weight(first, last) * child_complexity")]
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<String, Dispute>> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .request();
        let page = page.map_err(|error| ctx.error(error))?;
        let found = ctx
            .services()?
            .payments
            .disputes_of_arbiter(self.0.address, &page)
            .await;
        Ok(connection(
            found.map_err(|error| ctx.error(error.into()))?,
            Dispute,
        ))
    }
}
