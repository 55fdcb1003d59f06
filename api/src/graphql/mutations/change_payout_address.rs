//! Changes where a shop's money goes.

use async_graphql::{Context, ID, InputObject, Object, Result};
use gage_application::operations::change_payout_address::ChangePayoutAddress;
use gage_domain::ids::ShopId;

use crate::graphql::{
    mutations::{
        call::{UserError, Written, id_at, write},
        written,
    },
    node_id::GlobalId as _,
    scalars::{Address, Cursor},
    types::Shop,
};

/// A shop's new payout address.
#[derive(InputObject)]
pub struct ChangePayoutAddressInput {
    /// Makes a repetition recognisable: 1 to 200 visible ASCII characters of the client's choice.
    idempotency_key: String,
    /// The shop.
    shop: ID,
    /// Where its money goes.
    payout_address: Address,
}

/// What came of it.
pub struct ChangePayoutAddressPayload(Written<ShopId>);

/// What came of it.
#[Object]
impl ChangePayoutAddressPayload {
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

/// Changes where a shop's money goes.
#[derive(Default)]
pub struct ChangePayoutAddressMutation;

/// Changes where a shop's money goes.
#[Object]
impl ChangePayoutAddressMutation {
    /// Changes where a shop's money goes, for orders placed from now on. For its owner.
    async fn change_payout_address(
        &self,
        ctx: &Context<'_>,
        input: ChangePayoutAddressInput,
    ) -> Result<ChangePayoutAddressPayload> {
        let written = write(ctx, &input.idempotency_key, |call| {
            let shop = id_at(&input.shop, "shop")?;
            Ok(ChangePayoutAddress {
                shop,
                by: call.by,
                payout: input.payout_address.0,
            })
        });
        Ok(ChangePayoutAddressPayload(written.await?))
    }
}
