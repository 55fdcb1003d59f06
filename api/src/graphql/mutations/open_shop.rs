//! Opens a shop.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::{gateway::Operation as _, operations::open_shop::OpenShop};
use gage_domain::ids::ShopId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::{Address, Cursor},
    types::{LocalizedTextInput, Shop},
};

/// A new shop.
#[derive(InputObject)]
pub struct OpenShopInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// Its name, in at least one language.
    name: LocalizedTextInput,
    /// Where its money goes; the owner's wallet when it is left out.
    payout_address: Option<Address>,
}

/// What came of it.
pub struct OpenShopPayload(Written<ShopId>);

/// What came of it.
#[Object]
impl OpenShopPayload {
    /// The shop's id. Null when it was refused.
    async fn shop_id(&self) -> Option<ID> {
        self.0.done().map(|(id, _)| id.to_global())
    }

    /// The shop as it is now. Null when it was refused.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Option<Shop>> {
        written::shop(ctx, &self.0).await
    }

    /// Where it is written: queries with `atLeast` see it.
    async fn position(&self) -> Option<Cursor> {
        self.0.cursor()
    }

    /// Why it was refused; empty when it was not.
    async fn user_errors(&self) -> Vec<UserError> {
        self.0.user_errors()
    }
}

/// Opens a shop.
#[derive(Default)]
pub struct OpenShopMutation;

/// Opens a shop.
#[Object]
impl OpenShopMutation {
    /// Opens a shop for the wallet that asks.
    async fn open_shop(&self, ctx: &Context<'_>, input: OpenShopInput) -> Result<OpenShopPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            Ok(OpenShop {
                shop: ShopId(call.new_id(OpenShop::NAME)),
                by: call.by,
                name: input.name.into(),
                payout: input.payout_address.map_or(call.by, |payout| payout.0),
            })
        });
        Ok(OpenShopPayload(written.await?))
    }
}
