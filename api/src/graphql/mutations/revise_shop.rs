//! Revises a shop.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::revise_shop::ReviseShop;
use gage_domain::ids::ShopId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::Cursor,
    types::{LocalizedTextInput, Shop},
};

/// A shop's new name.
#[derive(InputObject)]
pub struct ReviseShopInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The shop.
    shop: ID,
    /// Its name, in at least one language.
    name: LocalizedTextInput,
}

/// What came of it.
pub struct ReviseShopPayload(Written<ShopId>);

/// What came of it.
#[Object]
impl ReviseShopPayload {
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

/// Revises a shop.
#[derive(Default)]
pub struct ReviseShopMutation;

/// Revises a shop.
#[Object]
impl ReviseShopMutation {
    /// Changes a shop's name. For its owner.
    async fn revise_shop(
        &self,
        ctx: &Context<'_>,
        input: ReviseShopInput,
    ) -> Result<ReviseShopPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let shop = id_at(&input.shop, "shop")?;
            Ok(ReviseShop {
                shop,
                by: call.by,
                name: input.name.into(),
            })
        });
        Ok(ReviseShopPayload(written.await?))
    }
}
