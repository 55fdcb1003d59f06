//! Products and their stock.
#![expect(
    clippy::unused_async,
    reason = "async-graphql's resolvers are async functions"
)]

use async_graphql::{Context, ID, Object, Result};
use gage_application::gateway::What;
use gage_domain::value::Quantity;
use gage_projections::catalog::{ProductRow, Visibility};

use crate::{
    graphql::{
        context::{Asked as _, Asking},
        errors::ApiError,
        lookup::load,
        node_id::GlobalId as _,
        scalars::{Cursor, DateTime},
        types::{Image, LocalizedText, Price, Shop},
    },
    identity::viewer::Standing,
};

/// A product of a shop.
pub struct Product(pub ProductRow);

/// What a viewer may see of products.
pub(super) fn visibility(viewer: &Standing) -> Visibility {
    match viewer {
        Standing::Wallet { .. } if viewer.oversees() => Visibility::All,
        Standing::Wallet { address, .. } => Visibility::PublishedOrOwnedBy(*address),
        Standing::Anonymous | Standing::Unknown => Visibility::Published,
    }
}

/// Whether a viewer may see a product: what is not for sale is its owner's business. Who asks is
/// looked at only then, so that answers about what is for sale hold for all.
pub(in crate::graphql) fn may_see(product: &ProductRow, asking: &Asking) -> bool {
    product.published || {
        let viewer = asking.standing();
        viewer.is(product.owner) || viewer.oversees()
    }
}

/// A product of a shop.
#[Object]
impl Product {
    /// Its global id.
    pub async fn id(&self) -> ID {
        self.0.id.to_global()
    }

    /// The shop that sells it.
    async fn shop(&self, ctx: &Context<'_>) -> Result<Shop> {
        let shop = load(ctx, self.0.shop).await?;
        shop.map(Shop)
            .ok_or_else(|| ctx.error(ApiError::NotFound(What::Shop)))
    }

    /// Its name.
    async fn name(&self) -> LocalizedText {
        (&self.0.name).into()
    }

    /// Its description; may be empty.
    async fn description(&self) -> LocalizedText {
        (&self.0.description).into()
    }

    /// What one piece costs; always there when it is for sale.
    async fn price(&self) -> Option<Price> {
        self.0.price.map(Into::into)
    }

    /// What shows it.
    async fn image(&self) -> Option<Image> {
        self.0.image.map(Image)
    }

    /// Whether it is for sale.
    async fn published(&self) -> bool {
        self.0.published
    }

    /// Pieces that can still be ordered.
    async fn available(&self) -> u32 {
        self.0.stock.available()
    }

    /// Pieces that are there, reserved or not. Null but for the shop's owner.
    async fn on_hand(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        Ok(ctx
            .standing()?
            .is(self.0.owner)
            .then_some(self.0.stock.on_hand))
    }

    /// Pieces of these that orders hold. Null but for the shop's owner.
    async fn reserved(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        Ok(ctx
            .standing()?
            .is(self.0.owner)
            .then_some(self.0.stock.reserved))
    }

    /// The most pieces that can be ordered while its stock counts as low. Null but for the shop's
    /// owner, and when it never does.
    async fn low_stock_mark(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        let owns = ctx.standing()?.is(self.0.owner);
        let mark = self.0.low_stock_mark.map(Quantity::get);
        Ok(mark.filter(|_| owns))
    }

    /// Whether its stock counts as low. Null but for the shop's owner.
    async fn low_stock(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(ctx.standing()?.is(self.0.owner).then_some(self.0.is_low()))
    }

    /// Where its stock changed last: where a subscription to its stock can go on.
    async fn stock_cursor(&self) -> Cursor {
        Cursor(self.0.stock.position)
    }

    /// When it was listed.
    async fn listed_at(&self) -> DateTime {
        DateTime(self.0.listed_at)
    }
}
